"""The mails on what came in, and on room."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.languages import in_language_of
from accounts.letters import letter
from accounts.mail import Mail, Ours, post
from accounts.models import User
from accounts.room import MARKS, mark_reached
from importers.models import Transfer
from importers.pages.counts import counts, in_bin
from importers.pages.refused import Cause, RefusedShown
from importers.pages.shown_transfer import ShownTransfer
from importers.transfers.refused_names import with_beginnings

log = logging.getLogger("wharf.import")

OVER = Mail(_("What came to your account"), "mail/transfers_over.txt")
NOT_ALL = Mail(_("Not everything came to your account"), "mail/transfers_over.txt")
ROOM_RUNS_OUT = Mail(_("Your room is running out"), "mail/room_runs_out.txt")
HARDLY_ANY_ROOM = Mail(_("There is hardly any room left"), "mail/room_runs_out.txt")

MOST_TRANSFERS = 20  # that one mail tells of; the front page has the others
MOST_NAMED = 30  # refused items of one transfer that are named; its page has the others
MOST_KINDS = 5  # that are said to take room


@dataclass(frozen=True)
class RefusedFor:
    """What was refused for one cause: names, each with the size of its file where it had one."""

    cause: Cause
    items: list[RefusedShown]


@dataclass(frozen=True)
class OverTransfer:
    """A transfer as a mail has it. `unnamed`: how many refused items are only on its page, which is at `page`."""

    shown: ShownTransfer
    refused: list[RefusedFor]
    unnamed: int
    page: Ours


@letter
def send_transfers_over(owner: int, transfers: list[int]) -> None:
    """Tells a person what came with some transfers, and what did not, with what they can do about that."""
    user = User.objects.filter(pk=owner, is_active=True).first()
    rows = Transfer.objects.filter(owner_id=owner, pk__in=transfers).select_related("source")
    with in_language_of(user):
        over = [_over(row) for row in rows.order_by("source", "first_item_at", "pk")[:MOST_TRANSFERS]]
        not_all = any(one.refused or one.unnamed or one.shown.counted for one in over)
    if user is None or not over:
        return
    words = {
        "user": user,
        "over": over,
        "others": len(transfers) - len(over),
        "not_all": not_all,
        **_links(),
    }
    became = post(user, NOT_ALL if not_all else OVER, words)
    log.info("A mail that tells account %s of %s transfers: %s", owner, len(transfers), became.value)


def _over(row: Transfer) -> OverTransfer:
    """In the language that is active, as the mail will be."""
    shown = ShownTransfer(row)
    first = with_beginnings(shown.open_refusals).order_by("pk")[:MOST_NAMED] if row.rejected else []
    refused = [RefusedShown.of(one, bytes(one.begins)) for one in first]
    by_cause: dict[Cause, list[RefusedShown]] = {}
    for one in refused:
        by_cause.setdefault(one.cause, []).append(one)
    return OverTransfer(
        shown,
        [RefusedFor(Cause(str(why.why), str(why.advice)), items) for why, items in by_cause.items()],
        shown.number_refused - len(refused),
        Ours(settings.WHARF_BASE_URL + reverse("transfer", args=[row.pk])),
    )


@letter
def send_room_runs_out(owner: int) -> None:
    """Tells a person how much of their room is in use, by what, and how to make some; not if they have made some since,
    or have no limit any more."""
    user = User.objects.filter(pk=owner, is_active=True).first()
    if user is None or not (reached := mark_reached(user)):
        return
    hardly_any = reached == MARKS[-1]
    by_size = sorted(counts(user), key=lambda one: one.size, reverse=True)
    words = {
        "user": user,
        "hardly_any": hardly_any,
        "kinds": [one for one in by_size if one.size][:MOST_KINDS],
        "in_bin": in_bin(user),
        "bin": Ours(settings.WHARF_BASE_URL + reverse("bin")),
        "have": Ours(f"{settings.WHARF_BASE_URL}{reverse('home')}#have"),
        **_links(),
    }
    became = post(user, HARDLY_ANY_ROOM if hardly_any else ROOM_RUNS_OUT, words)
    log.info("A mail that room of account %s runs out: %s", owner, became.value)


def _links() -> dict[str, Ours]:
    return {
        "server": Ours(settings.WHARF_BASE_URL),
        "settings": Ours(settings.WHARF_BASE_URL + reverse("preferences")),
    }
