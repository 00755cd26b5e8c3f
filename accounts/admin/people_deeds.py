"""What operators do with an account."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import Deed
from accounts.blocking import block, unblock
from accounts.deletion import asking
from accounts.entry import factors
from accounts.models import User
from accounts.sizes import human_size


def _delete(person: User, *, at_once: bool) -> bool:
    asking.ask(person, User.DeletionBy.OPERATOR, at_once=at_once)
    return True


def _without_second_step(person: User) -> bool:
    return factors.take_away(person) > 0


def _held(people: Sequence[Any]) -> str:
    size = human_size(sum(person.used_bytes for person in people))
    return gettext("They hold %(size)s in all.") % {"size": size}


DEEDS = (
    Deed(
        "block",
        _("Block"),
        lambda people: gettext(
            "Nothing comes in for them from now on: exporters are told 413 destination_full with your note, and try "
            "again later. They can still log in, look at everything and take it out."
        ),
        _("Blocked: {}."),
        block,
        asks=_("What they are told, in a sentence"),
        fits=lambda person: not person.blocked,
    ),
    Deed(
        "unblock",
        _("Unblock"),
        lambda people: gettext("What exporters send them is taken again."),
        _("Unblocked: {}."),
        lambda person, _: unblock(person),
        fits=lambda person: person.blocked == User.Blocked.BY_OPERATOR,
    ),
    Deed(
        "without-second-step",
        _("Take away the second step"),
        lambda people: gettext(
            "They log in with their password alone from then on, and are told by mail. Do it for somebody who has lost "
            "their phone and their recovery codes, once you know for sure that it is they who ask."
        ),
        _("Without a second step: {}."),
        lambda person, _: _without_second_step(person),
        fits=factors.has_factor,
    ),
    Deed(
        "delete-later",
        _("Delete"),
        lambda people: (
            _held(people)
            + " "
            + ngettext(
                "Everything of theirs is deleted in %(days)s day, and they are told by mail. Until then nothing comes "
                "in, and you can take it back.",
                "Everything of theirs is deleted in %(days)s days, and they are told by mail. Until then nothing "
                "comes in, and you can take it back.",
                settings.WHARF_DELETION_AFTER.days,
            )
            % {"days": settings.WHARF_DELETION_AFTER.days}
        ),
        _("To be deleted: {}."),
        lambda person, _: _delete(person, at_once=False),
        fits=lambda person: person.deletion_at is None,
        permission="end",
        is_final=True,
    ),
    Deed(
        "delete_now",
        _("Delete at once"),
        lambda people: _held(people) + " " + gettext("A worker deletes everything of theirs now. Nothing stops it."),
        _("A worker deletes them now: {}."),
        lambda person, _: _delete(person, at_once=True),
        permission="end",
        is_final=True,
    ),
    Deed(
        "keep",
        _("Keep the account"),
        lambda people: gettext("It was asked to delete them. That is taken back, and everything goes on as before."),
        _("Kept: {}."),
        lambda person, _: asking.keep(person, User.DeletionBy.OPERATOR),
        fits=lambda person: person.deletion_at is not None,
        permission="end",
    ),
)
