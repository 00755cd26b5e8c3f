"""What the page of an arrival is called at each stage, and the sentence below that."""

from django.utils.translation import gettext_lazy as _

from accounts.texts import Text
from moves.imports.progress.status import ArrivalStage, ArrivalStatus
from moves.models import Move

STAGE_TEXTS = {
    ArrivalStage.NOTHING: (
        _("Nothing is on its way here"),
        _("When an archive comes in, or an account moves here, this page shows how far it is."),
    ),
    ArrivalStage.PREPARING: (
        _("The other server is packing your data"),
        _("The export is made at %(host)s. What you have there stays as it is until everything has arrived here."),
    ),
    ArrivalStage.ARRIVING: (
        _("Your data is arriving"),
        _("It comes from %(host)s. You can close this page: a mail tells you when it is done."),
    ),
    ArrivalStage.COMPARING: (
        _("What came is being compared"),
        _("What came from %(host)s is compared with what that server says of it."),
    ),
    ArrivalStage.DONE: (_("Your data has arrived"), _("What came stands in your account now.")),
    ArrivalStage.INCOMPLETE: (
        _("Your data has arrived, but not all of it"),
        _("What came stands in your account now. Some is missing, and the report says what."),
    ),
    ArrivalStage.STOPPED: (
        _("It was stopped"),
        _("What had come until then is in your account, and nothing of it is lost."),
    ),
    ArrivalStage.FAILED: (
        _("Your data has not arrived whole"),
        _("What had come until then is in your account, and nothing of it is lost."),
    ),
}


TEXTS_OF_MOVES = {
    ArrivalStage.COMPARING: (
        _("What came is being compared"),
        _("What came from %(host)s is compared with what that server says of it, and what is missing is fetched."),
    ),
    ArrivalStage.STOPPED: (
        _("The move was stopped"),
        _("Your account at %(host)s stays as it is, with everything in it. What has come here stays as well."),
    ),
    ArrivalStage.FAILED: (
        _("You have not moved"),
        _(
            "Your account at %(host)s stays as it is, with everything in it, and you can begin again from there. What "
            "has come here stays as well."
        ),
    ),
}
# Of what nothing has come yet
TEXTS_OF_NOTHING = {
    ArrivalStage.STOPPED: (
        _("The move was stopped"),
        _("Your account at %(host)s stays as it is, with everything in it. Nothing of it has come here."),
    ),
    ArrivalStage.FAILED: (
        _("You have not moved"),
        _(
            "Your account at %(host)s stays as it is, with everything in it, and you can begin again from there. "
            "Nothing of it has come here."
        ),
    ),
}
TEXTS_OF_ENDS = {
    Move.State.ARRIVED: (
        _("You have arrived"),
        _("Your account has moved here from %(host)s. A mail tells you what was compared."),
    ),
    Move.State.COPIED: (
        _("Your data has arrived"),
        _("What came stands here now. Your account at %(host)s stays open as well."),
    ),
    Move.State.UNCLEAR: (
        _("Your data has arrived"),
        _("What came stands here now. Whether your account at %(host)s has moved, nobody knows: look there."),
    ),
    Move.State.RETRACTING: (
        _("Your data has arrived"),
        _("What came stands in your account now. %(host)s is asked whether it had closed before you stopped the move."),
    ),
    Move.State.FINALIZING: (
        _("Your data has arrived"),
        _("What came stands in your account now, and %(host)s is being told."),
    ),
}


def title_and_lead(standing: ArrivalStatus) -> tuple[Text, Text]:
    """Returns what stands above the page, and the sentence below it, with a place for the other server (`host`)."""
    if standing.stage == ArrivalStage.DONE and standing.move_state in TEXTS_OF_ENDS:
        return TEXTS_OF_ENDS[Move.State(standing.move_state)]
    if standing.is_moving and not standing.documents and standing.stage in TEXTS_OF_NOTHING:
        return TEXTS_OF_NOTHING[standing.stage]
    if standing.is_moving and standing.stage in TEXTS_OF_MOVES:
        return TEXTS_OF_MOVES[standing.stage]
    return STAGE_TEXTS[standing.stage]
