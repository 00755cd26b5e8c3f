"""Asking for an export: what may be asked for, and how often."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.sizes import GIB, human_size
from accounts.texts import in_english, kept_text
from importers.content import quota
from importers.documents.snapshot import Snapshot
from moves.errors import JsonApiRefusal, invalid
from moves.exports import bins, job
from moves.exports.sizes import fewest_parts, safe_parts_size
from moves.models import Event, Export

ANOTHER_IS_MADE = kept_text("Another export of this account is being made. Wait until it has ended.")
ASKED_FOR = kept_text("%(doctypes)s, in parts of %(size)s, by %(origin)s", measures=["size"])
ASKED_FOR_EVERYTHING = kept_text("everything, in parts of %(size)s, by %(origin)s", measures=["size"])
ENOUGH_TODAY = kept_text("An account can ask for %(most)s exports a day. The next one is possible in %(seconds)s s.")

DOCTYPE = re.compile(r"[a-z0-9]+(?:[._-][a-zA-Z0-9]+)+", re.ASCII)
LARGEST_PART = 2**50  # bytes of a part
SECOND = 10**9  # nanoseconds
MOST_DOCTYPES = 200
UNCOUNTED = ("command", "move", "admin")  # what asks for exports beyond those of a day
USUAL_PARTS = 100  # more than these, and the usual size of parts grows


@dataclass(frozen=True)
class Wish:
    """The attributes of `POST /move/exports`: bytes, nanoseconds, doctypes (none: all of them)."""

    parts_size: int | None = None
    max_age: int | None = None
    with_doctypes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, attributes: dict[str, Any]) -> "Wish":
        """Raises `JsonApiRefusal` (422), naming what can't be used. Attributes that nobody knows are ignored."""
        return cls(
            _whole_number(attributes, "parts_size", 1, LARGEST_PART, "bytes"),
            _whole_number(attributes, "max_age", SECOND, _longest_age(), "nanoseconds"),
            _doctypes(attributes.get("with_doctypes")),
        )


def _whole_number(attributes: dict[str, Any], name: str, least: int, most: int, unit: str) -> int | None:
    value = attributes.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        invalid(name, f"it must be a whole number of {unit}.")
    if not least <= value <= most:
        invalid(name, f"it must be between {least} and {most} {unit}.")
    return value


def _longest_age() -> int:
    return int(settings.WHARF_EXPORT_LONGEST_AGE.total_seconds()) * SECOND


def _doctypes(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_DOCTYPES:
        invalid("with_doctypes", f"it must be a list of at most {MOST_DOCTYPES} doctypes.")
    for doctype in value:
        if not isinstance(doctype, str) or len(doctype) > 255 or not DOCTYPE.fullmatch(doctype):
            invalid("with_doctypes", f"{str(doctype)[:100]!r} is not a doctype. One looks like io.cozy.files.")
    return list(dict.fromkeys(value))


def create(
    owner: User, wish: Wish, origin: str, since: Export | None = None, changes_only: bool = False, bin_folder: str = ""
) -> Export:
    """Begins an export, and tells a worker when the row is there for good. `since`: whose bytes it omits;
    `changes_only`: and whose documents, where they are the same; `bin_folder`: what the bin leaves as, for a server
    that takes nothing in its own.

    Raises `JsonApiRefusal`: 409 while another one is made, 422 for too many parts, 429 after the last one of a day.
    """
    parts_size = wish.parts_size or usual_parts_size(owner)
    if since is None:
        _require_parts(owner, parts_size, wish.with_doctypes)
    max_age = wish.max_age or int(settings.WHARF_EXPORT_MAX_AGE.total_seconds()) * SECOND
    with transaction.atomic():
        quota.lock(owner)  # so that two requests at once are one after the other
        if owner.exports.filter(state=Export.State.EXPORTING).exists():
            raise JsonApiRefusal(409, "Conflict", ANOTHER_IS_MADE)
        if origin not in UNCOUNTED:
            _require_turn(owner)
        export = Export.objects.create(
            owner=owner,
            origin=origin,
            parts_size=parts_size,
            max_age=max_age,
            with_doctypes=wish.with_doctypes,
            since=since,
            changes_only=changes_only,
            bin_folder=bin_folder and bins.free_name(Snapshot(owner), bin_folder),
            expires_at=timezone.now() + timedelta(microseconds=max_age // 1000),
        )
        Event.objects.create(
            export=export,
            kind=Event.Kind.REQUESTED,
            detail=_asked_for(wish, parts_size, origin),
        )
        if origin != "command":
            transaction.on_commit(lambda: job.wake(export.pk))
    return export


@in_english()
def _asked_for(wish: Wish, parts_size: int, origin: str) -> str:
    words = ASKED_FOR if wish.with_doctypes else ASKED_FOR_EVERYTHING
    return words % {"doctypes": ", ".join(wish.with_doctypes), "size": human_size(parts_size), "origin": origin}


def _require_parts(owner: User, parts_size: int, doctypes: list[str]) -> None:
    """Raises 422 where the files surely don't fit into as many parts as there may be. The archiver says the rest."""
    if parts_size >= GIB:  # thousands of such parts are more than anybody has, and adding up may take seconds
        return
    snapshot, most = Snapshot(owner), settings.WHARF_EXPORT_MOST_PARTS

    def wants(doctype: str) -> bool:
        return not doctypes or doctype in doctypes

    if fewest_parts(snapshot, wants, parts_size) > most:
        enough = safe_parts_size(snapshot, wants)
        invalid("parts_size", f"that would be more than {most} parts; {enough} bytes are enough.")


def usual_parts_size(owner: User) -> int:
    """1 GiB, or more where that would be more than a hundred parts."""
    return max(GIB, -(-owner.used_bytes // USUAL_PARTS))


def _require_turn(owner: User) -> None:
    """Raises 429 after so many exports in a day; those that failed don't count."""
    most = settings.WHARF_EXPORTS_PER_DAY
    day = timezone.now() - timedelta(days=1)
    counted = owner.exports.filter(created_at__gt=day).exclude(origin__in=UNCOUNTED).exclude(state=Export.State.ERROR)
    times: list[datetime] = list(counted.order_by("-created_at").values_list("created_at", flat=True))
    if not most or len(times) < most:
        return
    wait = max(1, int((times[most - 1] - day).total_seconds()) + 1)
    raise JsonApiRefusal(
        429,
        "Too Many Requests",
        ENOUGH_TODAY % {"most": most, "seconds": wait},
        headers={"Retry-After": str(wait)},
    )
