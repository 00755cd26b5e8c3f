"""Where the arrival of an account stands, for any number of accounts in one query."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Exists, F, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from accounts.models import User
from importers.live.json_rows import JsonRows, read_moment, read_rows
from moves.models import ArchiveImport, ImportPart, Move


class ArrivalStage(StrEnum):
    """What a person waits for, if for anything."""

    NOTHING = "nothing"  # has come, and nothing is announced
    PREPARING = "preparing"  # the other server makes its export
    ARRIVING = "arriving"
    COMPARING = "comparing"  # all is here; both servers make sure of it before the move ends
    DONE = "done"
    INCOMPLETE = "incomplete"  # done, with some missing
    STOPPED = "stopped"  # by somebody, which is no failure
    FAILED = "failed"


STAGES_OF_ENDS = {
    ArchiveImport.State.DONE.value: ArrivalStage.DONE,
    ArchiveImport.State.INCOMPLETE.value: ArrivalStage.INCOMPLETE,
}
STAGES_ENDED = (ArrivalStage.DONE, ArrivalStage.INCOMPLETE, ArrivalStage.STOPPED, ArrivalStage.FAILED)
STAGES_UNDER_WAY = (ArrivalStage.PREPARING, ArrivalStage.ARRIVING, ArrivalStage.COMPARING)


@dataclass(frozen=True)
class ArrivalStatus:
    """How far an account's newest import or move to here has come. Sizes are bytes.

    `has_open_moves`: a move to here or away is not over. `error` is a sentence, and so is `waiting_for`, of a job
    that was interrupted and is tried again. What has come (`documents`, `files_count`, `files_size`, `doctypes`) is of
    all archives of a move, of which the last one has only what changed since; `report_id` names the import that
    brought most.
    """

    owner: int
    stage: ArrivalStage
    import_id: str = ""
    report_id: str = ""
    move_id: str = ""
    server: str = ""
    move_state: str = ""
    has_open_moves: bool = False
    error: str = ""
    waiting_for: str = ""
    has_begun: bool = False
    started_at: datetime | None = None
    documents: int = 0
    files_count: int = 0
    files_size: int = 0
    bytes_read: int = 0
    bytes_expected: int = 0
    reported: int = 0
    missing: int = 0
    parts: int = 0
    parts_done: int = 0
    doctypes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        """Whether its person has to wait: until then, nothing of the account is edited."""
        return self.stage in STAGES_UNDER_WAY

    @property
    def is_moving(self) -> bool:
        """Whether an account moves here, or has moved; otherwise, somebody has imported an archive."""
        return self.move_state != ""

    @property
    def percent(self) -> int | None:
        """Returns how much of the archives was read, from 0 to 100; None while nobody knows how much there is."""
        if self.stage in (ArrivalStage.DONE, ArrivalStage.INCOMPLETE):
            return 100
        if self.stage != ArrivalStage.ARRIVING or not self.bytes_expected:
            return None
        return min(99, 100 * self.bytes_read // self.bytes_expected)


def standings(owners: Collection[int]) -> dict[int, ArrivalStatus]:
    """Returns where each of these accounts stands; accounts that are gone or not active are left out. One query."""
    asked = columns()
    rows = User.objects.filter(pk__in=owners, is_active=True).values_list("pk", *asked.values())
    return {pk: standing_of(pk, dict(zip(asked, facts, strict=True))) for pk, *facts in rows}


def open_moves(owner: Any) -> QuerySet[Move]:
    """Returns the moves of an account that have neither ended nor been called off, the newest first: what is left of
    those is between the two servers."""
    return Move.objects.filter(owner=owner, ended_at=None).exclude(state=Move.State.CALLING_OFF).order_by("-pk")


def columns() -> dict[str, Any]:
    """Returns what is asked of an account's row, for `standing_of`."""
    return {
        "newest_import": Subquery(_imports().values(facts=JSONObject(**IMPORT_FACTS))[:1], output_field=JSONField()),
        "is_moving": Exists(open_moves(OuterRef("pk"))),
        "newest_move": Subquery(_moves().values(facts=JSONObject(**MOVE_FACTS))[:1], output_field=JSONField()),
    }


def standing_of(owner: int, row: Mapping[str, Any]) -> ArrivalStatus:
    """Returns where an account stands, by what the database says of its newest import and move."""
    archive_import, move = _read(row["newest_import"]), _read(row["newest_move"])
    if not _is_of(archive_import, move):
        move = {}
    elif archive_import.get("move") != move["pk"]:
        archive_import = {}  # it is an earlier one
    return ArrivalStatus(
        owner,
        _stage(archive_import, move),
        has_open_moves=bool(row["is_moving"]),
        **(_of_import(archive_import) | _of_move(archive_import, move)),
    )


def under_way(owner: int) -> ArrivalStatus | None:
    """Returns where an account stands that something comes to, or that moves; None for all others.

    Every page asks, and for most there is nothing to tell: one short query says so.
    """
    running = ArchiveImport.objects.filter(owner=owner, state=ArchiveImport.State.IMPORTING)
    moving = Move.objects.filter(Q(ended_at=None) | Q(state__in=Move.HOLDS_TARGET), owner=owner)
    if not running.order_by().values("pk").union(moving.order_by().values("pk")).exists():
        return None
    found = standings([owner]).get(owner)
    return found if found and (found.is_waiting or found.has_open_moves) else None


# What the query asks of the newest import and the newest move to here; each becomes one JSON object.

CAME = ("documents", "files_count", "files_size")
NUMBERS = (*CAME, "bytes_read", "bytes_expected", "reported", "missing")
TEXT_FIELDS = ("error", "server", "waiting_for")
IMPORT_FACTS = {
    "import_id": "doc_id",
    "move": "move_id",
    **{
        name: name
        for name in ("state", "stopped", "started_at", "created_at", "heartbeat_at", "doctypes", *TEXT_FIELDS, *NUMBERS)
    },
    "earlier": "earlier",
    "parts": "parts_found",
    "parts_done": "parts_read",
}
MOVE_FACTS = {
    "pk": "pk",
    "move_id": "doc_id",
    **{name: name for name in ("state", "why", "error", "created_at", "peer_url")},
}

STOPPED_MOVES = (Move.Why.STOPPED, Move.Why.STOPPED_THERE)
FAILED_MOVES = (Move.State.CALLING_OFF, Move.State.FAILED, Move.State.EXPIRED)


def _imports() -> QuerySet[ArchiveImport]:
    newest = ArchiveImport.objects.filter(owner=OuterRef("pk")).order_by("-created_at", "-pk")
    parts = ImportPart.objects.filter(archive_import=OuterRef("pk")).order_by().values("archive_import")
    of_the_move = ArchiveImport.objects.filter(move=OuterRef("move"), pk__lt=OuterRef("pk")).order_by("pk")
    said = {name: name for name in ("doc_id", "doctypes", *CAME)}
    return newest.annotate(
        earlier=JsonRows(of_the_move, **said),
        parts_found=Subquery(parts.annotate(number_of=Count("pk")).values("number_of")),
        parts_read=Subquery(parts.annotate(number_of=Count(F("done_at"))).values("number_of")),
    )


def _moves() -> QuerySet[Move]:
    newest = Move.objects.filter(owner=OuterRef("pk"), side=Move.Side.TARGET)
    return newest.order_by("-created_at", "-pk")


def _is_of(archive_import: dict[str, Any], move: dict[str, Any]) -> bool:
    """Whether the newest move tells more than the newest import: it brought that one, or nothing has come of it yet."""
    if not move or not archive_import or archive_import["move"] == move["pk"]:
        return bool(move)
    if archive_import["state"] == ArchiveImport.State.IMPORTING:
        return False
    is_newer = read_moment(move["created_at"]) > read_moment(archive_import["created_at"])
    return is_newer or move["state"] in Move.HOLDS_TARGET


def _stage(archive_import: dict[str, Any], move: dict[str, Any]) -> ArrivalStage:
    if archive_import.get("state") == ArchiveImport.State.IMPORTING:
        return ArrivalStage.ARRIVING
    if move:
        if move["state"] in Move.HOLDS_TARGET:
            return ArrivalStage.PREPARING if move["state"] == Move.State.ANNOUNCED else ArrivalStage.COMPARING
        if move["state"] in FAILED_MOVES:
            return ArrivalStage.STOPPED if move["why"] in STOPPED_MOVES else ArrivalStage.FAILED
        return ArrivalStage.DONE
    if not archive_import:
        return ArrivalStage.NOTHING
    ended = ArrivalStage.STOPPED if archive_import["stopped"] else ArrivalStage.FAILED
    return STAGES_OF_ENDS.get(archive_import["state"], ended)


def _of_import(row: dict[str, Any]) -> dict[str, Any]:
    if not row:
        return {}
    facts = {name: row[name] or 0 for name in (*NUMBERS, "parts", "parts_done")}
    facts |= {name: row[name] for name in ("import_id", *TEXT_FIELDS)}
    doctypes, facts["report_id"] = _read(row["doctypes"]), row["import_id"]
    for earlier in read_rows(row["earlier"]):
        if earlier["documents"] > facts["documents"]:
            facts["report_id"] = earlier["doc_id"]
        facts |= {name: max(facts[name], earlier[name]) for name in CAME}
        doctypes = _larger(doctypes, _read(earlier["doctypes"]))
    facts["doctypes"] = doctypes
    facts["started_at"] = read_moment(row["started_at"]) if row["started_at"] else None
    facts["has_begun"] = row["heartbeat_at"] is not None
    return facts


def _larger(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """How much came of each doctype by two archives of a move, of which one may have what the other has, too: nothing
    is told twice."""
    return {doctype: max(one.get(doctype, 0), other.get(doctype, 0)) for doctype in {**one, **other}}


def _of_move(archive_import: dict[str, Any], move: dict[str, Any]) -> dict[str, Any]:
    if not move:
        return {}
    return {
        "move_id": move["move_id"],
        "move_state": move["state"],
        "server": urlsplit(move["peer_url"]).netloc or archive_import.get("server", ""),
        "error": move["error"] or archive_import.get("error", ""),
    }


def _read(value: Any) -> dict[str, Any]:
    """Returns a JSON object of the database, which SQLite has as text where it stands inside another one."""
    return dict(json.loads(value) if isinstance(value, str) else value or {})
