"""What a person sees of both sides before anything begins, and what is handed over to the source."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from moves.wizard.journey import GrantedAccount, Journey


@dataclass(frozen=True)
class QuotaBar:
    """Use of a quota, in percent: what is there now, and what would come on top."""

    now: int
    arriving: int = 0

    @property
    def both(self) -> int:
        """Where what arrives ends."""
        return self.now + self.arriving


@dataclass(frozen=True)
class Summary:
    """Both sides of a journey, with the person's consent at each."""

    source: GrantedAccount
    target: GrantedAccount

    @classmethod
    def of(cls, journey: Journey) -> "Summary | None":
        """None where a consent is missing."""
        if journey.missing or journey.source is None or journey.target is None:
            return None
        return cls(journey.source, journey.target)

    @property
    def one_server(self) -> bool:
        """Whether both accounts are at one server."""
        return self.source.url == self.target.url

    @property
    def one_account(self) -> bool:
        """Whether both sides are the same account, as far as it can be known here; the source knows it for sure."""
        same_name = self.source.name.casefold() == self.target.name.casefold() != ""
        return self.one_server and (same_name or not self.source.ours)

    @property
    def erases(self) -> bool:
        """Whether the target deletes what is there before it takes anything in, as a Cozy does."""
        return not self.target.ours

    @property
    def room(self) -> int | None:
        """Bytes that what arrives may take; None: as many as it likes."""
        return self.target.quota if self.erases else self.target.room

    @property
    def lacking(self) -> int:
        """Bytes that don't fit; 0 where all does, or nobody knows."""
        if self.room is None or self.source.used is None:
            return 0
        return max(0, self.source.used - self.room)

    @property
    def source_bar(self) -> QuotaBar | None:
        """The source's use now; None where there is no limit to show it against."""
        if not self.source.quota:
            return None
        return QuotaBar(_percent(self.source.used or 0, self.source.quota))

    @property
    def target_bar(self) -> QuotaBar | None:
        """The target's use, and what would come; None where there is no limit to show it against."""
        if not self.target.quota:
            return None
        now = 0 if self.erases else _percent(self.target.used or 0, self.target.quota)
        return QuotaBar(now, min(100 - now, _percent(self.source.used or 0, self.target.quota)))

    @property
    def form(self) -> dict[str, str]:
        """What the browser posts to the source's `/move/request`; the choice about the vault comes on top."""
        given = (
            {
                "token": self.source.token,
                "client_id": self.source.client_id,
                "client_secret": self.source.client_secret,
            }
            if self.source.token
            else {"code": self.source.code}
        )
        return given | {
            "target_url": f"{self.target.url}/",  # some append a path to it
            "target_token": self.target.token,
            "target_client_id": self.target.client_id,
            "target_client_secret": self.target.client_secret,
        }


def _percent(part: int, whole: int) -> int:
    """A share as a bar shows it: what is not nothing is seen."""
    return min(100, max(round(100 * part / whole), 1 if part else 0))


def size_of(text: str) -> int | None:
    """Bytes as a server writes them in an address; None for what is no number of bytes."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def given_in(query: QueryDict) -> dict[str, Any]:
    """What a server tells about an account when it sends the browser back."""
    return {
        "used": size_of(query.get("used", "")),
        "quota": size_of(query.get("quota", "")),
        "vault": query.get("vault", "").lower() in ("true", "1"),
        "name": name_in(query),
    }


def name_in(query: QueryDict) -> str:
    """The name of the account, which servers of this kind tell beside what the protocol asks for."""
    name = query.get("account", "").strip()
    return name if len(name) <= 150 and name.isprintable() else ""
