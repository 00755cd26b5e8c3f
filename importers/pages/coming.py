"""What is coming in right now: transfers whose last item has come within the last minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import get_language, ngettext

from accounts.numbers import thousands
from importers.models import Transfer
from importers.pages.shown_transfer import CameOfKind

COMING = timedelta(minutes=2)  # after its last item, in which a transfer is said to be under way
LIVE = "/live"  # the WebSocket of pages that show it (importers/live/pages.py)
MOST_COMING = 5  # transfers that are shown


@dataclass(frozen=True)
class ComingIn:
    """A transfer that is under way. `number_refused`: items that were refused and have not come since, each once
    however often it was tried; 0 where nothing is kept of them but the number of tries."""

    transfer: Transfer
    kinds: list[CameOfKind]
    number_refused: int = 0

    @property
    def number(self) -> int:
        """How many items have come so far, in all."""
        return sum(kind.number for kind in self.kinds)

    @property
    def said(self) -> str:
        """A sentence on it, for who hears it."""
        sentence = ngettext(
            "%(number)s item has come in from %(service)s so far.",
            "%(number)s items have come in from %(service)s so far.",
            self.number,
        )
        return sentence % {"number": thousands(self.number), "service": self.transfer.source.said_name}


def live_address(transfer: Transfer | None = None) -> str:
    """Returns the WebSocket's address for a page in the language that is active: the front page, or a transfer's."""
    said = {"transfer": transfer.pk} if transfer else {}
    return f"{LIVE}?{urlencode(said | {'language': get_language()})}"


def coming_since() -> datetime:
    """Returns since when a transfer has had an item that is under way."""
    return timezone.now() - COMING


def is_coming(transfer: Transfer) -> bool:
    """Whether it is under way."""
    return transfer.last_item_at > coming_since()
