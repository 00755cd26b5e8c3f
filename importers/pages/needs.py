"""What needs a person: of the room that they have, and of what was refused. Floors above say what they know."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.numbers import thousands
from accounts.room import MARKS, mark_reached
from importers import above
from importers.above import Need
from importers.pages.counts import in_bin
from importers.pages.shown_transfer import REFUSALS, ShownTransfer


def needs(person: User, last: ShownTransfer | None) -> list[Need]:
    """Returns all of it, what can’t wait first. `last`: the transfer of which something came last."""
    found = [*_room(person), *_refused(last), *(need for said in above.needs for need in said(person))]
    return sorted(found, key=lambda need: not need.bad)


def _room(person: User) -> Iterator[Need]:
    reached = mark_reached(person)
    if not reached:
        return
    hardly_any = reached == MARKS[-1]
    sentence = _("%(percent)s %% of your room is in use. When there is none, what services send is refused.")
    if hardly_any:
        sentence = _("There is hardly any room left. When there is none, what services send is refused.")
    if person.quota_bytes is not None and person.used_bytes >= person.quota_bytes:
        sentence = _("There is no room left. What services send is refused.")
    is_there = in_bin(person)
    yield Need(
        sentence % {"percent": person.used_percent},
        _("Make room by emptying the bin") if is_there else _("See what takes room, and throw away what you can spare"),
        reverse("bin") if is_there else f"{reverse('home')}#have",
        bad=hardly_any,
    )


def _refused(last: ShownTransfer | None) -> Iterator[Need]:
    if last is not None and last.transfer.rejected:
        number = sum(times for times, _ in last.refused) or last.transfer.rejected
        sentence = ngettext(
            "Of what came last from %(service)s, %(number)s item was refused.",
            "Of what came last from %(service)s, %(number)s items were refused.",
            number,
        )
        if number == REFUSALS:
            sentence = _("Of what came last from %(service)s, %(number)s or more items were refused.")
        yield Need(
            sentence % {"service": last.transfer.source.said_name, "number": thousands(number)},
            _("See what, and why"),
            reverse("transfer", args=[last.transfer.pk]),
            bad=True,
        )
