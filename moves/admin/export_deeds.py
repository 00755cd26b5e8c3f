"""What operators do with exports, and for whom they have one made."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import Deed
from accounts.models import User
from accounts.texts import Text, kept_text
from moves.errors import JsonApiRefusal
from moves.exports import job, stopping
from moves.exports.requests import Wish, create
from moves.models import Export

STOPPED = kept_text("The operator of this server has stopped it.")


def _make(person: User, why: str) -> bool:
    """Returns False where one is being made already."""
    try:
        create(person, Wish(), "admin")
    except JsonApiRefusal:
        return False
    return True


def _of_person(fits: Callable[[Export], bool]) -> Callable[[Any], bool]:
    """Those of a move end with the move."""
    return lambda export: export.origin != "move" and fits(export)


def _asks(question: Text) -> Callable[[Sequence[Any]], str]:
    return lambda rows: str(question)


def _is_ready(export: Export) -> bool:
    return export.state == Export.State.DONE and not export.has_expired


DEEDS = (
    Deed(
        "try_now",
        _("Try now"),
        _asks(_("What waits after an interruption goes on at once.")),
        _("Tried now: {}."),
        lambda export, _: stopping.try_now(export),
        fits=lambda export: export.state == Export.State.EXPORTING and export.heartbeat_at is None,
    ),
    Deed(
        "cancel",
        _("Cancel"),
        _asks(
            _("The export ends now, and nothing of it is kept. The person gets a mail, and can ask for another one.")
        ),
        _("Cancelled: {}."),
        lambda export, _: job.cancel(export.pk, STOPPED),
        fits=_of_person(lambda export: export.state == Export.State.EXPORTING),
        is_final=True,
    ),
    Deed(
        "revoke",
        _("Revoke its link"),
        _asks(
            _(
                "Whoever has the link can fetch nothing any more, and downloads that use it are broken off. The "
                "person's own page has a new one."
            )
        ),
        _("Revoked: {}."),
        lambda export, _: stopping.revoke(export),
        fits=_of_person(_is_ready),
        is_final=True,
    ),
    Deed(
        "expire",
        _("Let it expire"),
        _asks(_("Nobody can fetch it any more, and its files are removed. The person can ask for another one.")),
        _("Expired: {}."),
        lambda export, _: stopping.expire(export),
        fits=_of_person(_is_ready),
        is_final=True,
    ),
)
MAKE = Deed(
    "make-export",
    _("Make an export"),
    _asks(_("A worker makes an export of everything that they have. They get a mail with the link; you get none.")),
    _("Asked for: {}."),
    _make,
    fits=lambda person: person.is_active and not person.exports.filter(state=Export.State.EXPORTING).exists(),
)
