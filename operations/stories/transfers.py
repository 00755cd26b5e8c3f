"""A transfer, from consent to what is still missing."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oauth2_provider.models import AccessToken

from accounts.admin.words import worded
from accounts.dates import minute
from accounts.models import User
from accounts.numbers import thousands
from accounts.roles import asks_first
from accounts.sizes import human_size
from accounts.texts import translated
from importers.admin.states import SILENCE
from importers.models import Rejection, Transfer, TransferCount
from importers.transfers.refused_names import named, with_beginnings
from operations.overview.panel import Panel, StoryLine, list_of, page_of

NAMED = 20  # refused items


def story(transfer: Transfer, user: User) -> Panel:
    """Returns its lines, without the names of items where `user` is not to read them."""
    lines = [*_consent(transfer), StoryLine(transfer.first_item_at, _first(transfer))]
    for count in transfer.counts.order_by("vertical"):
        if parts := list(_parts(count)):
            said = {
                "kind": count.vertical,
                "items": ", ".join(parts),
                "size": human_size(count.received_bytes),
            }
            lines.append(StoryLine(None, _("%(kind)s: %(items)s (%(size)s received).") % said))
    lines += _refused(transfer, is_named=not asks_first(user))
    over = timezone.now() - transfer.last_item_at > SILENCE
    last = _("The last item came; nothing since.") if over else _("The last item so far.")
    lines.append(StoryLine(transfer.last_item_at, last))
    return Panel(_("What happened"), story=lines, wide=True)


def _first(transfer: Transfer) -> str:
    return _("%(service)s sent the first item.") % {"service": transfer.source}


def _parts(count: TransferCount) -> Iterator[str]:
    """Yields how many items came new, changed, and so on; of what there was."""
    for number, words in (
        (count.created, ngettext("%(number)s new", "%(number)s new", count.created)),
        (count.updated, ngettext("%(number)s changed", "%(number)s changed", count.updated)),
        (count.unchanged, ngettext("%(number)s here already", "%(number)s here already", count.unchanged)),
        (count.kept, ngettext("%(number)s kept as they came", "%(number)s kept as they came", count.kept)),
    ):
        if number:
            yield words % {"number": thousands(number)}


def _consent(transfer: Transfer) -> list[StoryLine]:
    allowed = AccessToken.objects.filter(
        user=transfer.owner_id,
        application__client_id=transfer.source.client_id,
        created__lte=transfer.first_item_at,
    )
    given = allowed.order_by("created").values_list("created", flat=True).first()
    if given is None:
        return []
    words = _("%(person)s allowed %(client)s to send.")
    said = {"person": transfer.owner, "client": transfer.source.client_name}
    return [StoryLine(given, words % said, page_of(transfer.owner), _("The person"))]


def _refused(transfer: Transfer, *, is_named: bool) -> list[StoryLine]:
    refused = with_beginnings(transfer.rejections.all()).order_by("first_at", "pk")
    lines = []
    for one in refused[: NAMED + 1]:
        words = _refusal(one, is_named=is_named)
        lines.append(StoryLine(one.first_at, words, page_of(one), _("The item"), needs=not one.made_good_at))
    if len(lines) > NAMED:
        address = list_of(Rejection, transfer__id__exact=transfer.pk)
        lines[NAMED:] = [StoryLine(None, _("More were refused."), address, _("All of them"), needs=True)]
    for counted in transfer.counted_refusals.order_by("code"):
        words = ngettext(
            "%(number)s more was refused, and only counted: %(cause)s.",
            "%(number)s more were refused, and only counted: %(cause)s.",
            counted.times,
        )
        said = {"number": thousands(counted.times), "cause": worded(counted.code)}
        lines.append(StoryLine(None, words % said, needs=True))
    return lines


def _refusal(one: Any, *, is_named: bool) -> str:
    """What was refused and why, and when it came in after all."""
    if is_named:
        once = _("“%(name)s” was refused: %(reason)s")
        often = ngettext(
            "“%(name)s” was refused, %(number)s time: %(reason)s",
            "“%(name)s” was refused, %(number)s times: %(reason)s",
            one.times,
        )
    else:
        once = _("An item of %(name)s was refused: %(reason)s")
        often = ngettext(
            "An item of %(name)s was refused, %(number)s time: %(reason)s",
            "An item of %(name)s was refused, %(number)s times: %(reason)s",
            one.times,
        )
    words = (once if one.times == 1 else often) % {
        "name": named(bytes(one.begins)) if is_named else one.vertical,
        "number": thousands(one.times),
        "reason": translated(one.reason),
    }
    if not one.made_good_at:
        return words
    came = _("It came in on %(time)s after all.") % {"time": minute(one.made_good_at)}
    return f"{words} {came}"
