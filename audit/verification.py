"""Does the trail still say what it said? What can be proven, and what is too young to be."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import starmap
from typing import Any

from django.db import connection
from django.db.models import BinaryField, Model, QuerySet, TextField
from django.db.models.functions import Cast

from audit import append_only, keys
from audit.checkpoints import LEAF, leaves_of
from audit.hashes import NOTHING, checkpoint_message, detail_digest, event_hash, merkle_root
from audit.models import AuditChain, AuditCheckpoint, AuditDetail, AuditEvent
from audit.verified_chain import VerifiedChain

LINKS_AT_ONCE = 5000  # rows that are read together
MOST_FAULTS = 1000  # that are told one by one


@dataclass
class TrailReport:
    """What was found. `proven_until`: the time of the last checkpoint; `unproven`: events that none has seen yet;
    `erased`: details that were deleted, as they may be; `faults`: sentences, the first ones."""

    events: int = 0
    chains: int = 0
    checkpoints: int = 0
    proven_until: datetime | None = None
    unproven: int = 0
    details: int = 0
    erased: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


def verify(
    copies: list[dict[str, Any]] | None = None, progress: Callable[[int, int], None] = lambda *_: None
) -> TrailReport:
    """Reads everything. `copies`: checkpoints as they were kept elsewhere (`AuditCheckpoint.as_copy`). `progress` is
    told how many events were read, and how many there are.

    What comes while it reads is not looked at: checkpoints are read first, then heads of chains, then events.
    """
    report = TrailReport()
    for refused in append_only.lacking(connection):
        report.add(f"The database does not refuse {refused}: run `manage.py migrate`.")
    # Before the checkpoints, of which more may be made meanwhile.
    proved = dict(AuditChain.objects.values_list("pk", "proved").iterator())
    seen = _checkpoints(report, copies or [])
    _require_last(report, proved, seen)
    rows = AuditChain.objects.values_list("pk", "subject", "length", _bytes("head")).iterator()
    chains = {
        pk: VerifiedChain(subject, length, bytes(head), seen.pop(pk, bytearray())) for pk, subject, length, head in rows
    }
    _events(report, chains, progress)
    for pk, packed in seen.items():
        number, length, _ = LEAF.unpack_from(packed, len(packed) - LEAF.size)
        report.add(f"Chain {pk} is missing: checkpoint {number} has seen {length} events of it.")
    for chain in chains.values():
        chain.end()
        report.unproven += chain.unproven
        if chain.fault:
            report.add(chain.fault)
    report.chains = len(chains)
    _details(report)
    return report


def _checkpoints(report: TrailReport, copies: list[dict[str, Any]]) -> dict[int, bytearray]:
    """Returns what checkpoints have seen, by the key of a chain: for each time, the checkpoint's number, the chain's
    length and its head, packed as leaves are."""
    seen: dict[int, bytearray] = {}
    known = keys.known_keys()
    kept = {copy.get("checkpoint"): copy for copy in copies}
    number, previous = 0, NOTHING
    for one in starmap(AuditCheckpoint, _columns(AuditCheckpoint).order_by("number").iterator(chunk_size=100)):
        if one.number != number + 1:
            report.add(f"Checkpoint {number + 1} is missing.")
        elif bytes(one.previous) != previous:
            report.add(f"Checkpoint {one.number} does not follow the one before.")
        for fault in _faults_of(one, known):
            report.add(f"Checkpoint {one.number} {fault}.")
        copy = kept.pop(one.number, None)
        if copy is not None and copy != one.as_copy(LEAF.size):
            report.add(f"Checkpoint {one.number} is another one than its copy.")
        number, previous, report.proven_until = one.number, bytes(one.hash), one.at
        report.checkpoints += 1
        try:
            for leaf in leaves_of(bytes(one.leaves)):
                seen.setdefault(leaf.chain, bytearray()).extend(LEAF.pack(one.number, leaf.length, leaf.head))
        except struct.error:
            report.add(f"Checkpoint {one.number} is cut off.")
    for lost in sorted(kept, key=str):
        report.add(f"Checkpoint {lost} is missing, of which there is a copy.")
    return seen


def _require_last(report: TrailReport, proved: dict[int, int], seen: dict[int, bytearray]) -> None:
    """Chains say how far checkpoints have seen them: where the last ones say less, there were more."""
    lengths = {pk: LEAF.unpack_from(packed, len(packed) - LEAF.size)[1] for pk, packed in seen.items() if packed}
    if further := sum(length > lengths.get(pk, 0) for pk, length in proved.items()):
        report.add(f"The last checkpoints are missing: {further} chains were seen by one that is not here.")


def _bytes(column: str) -> Cast:
    """Returns a column as bytes, also where somebody has written a text there, as SQLite lets them."""
    return Cast(column, BinaryField())


def _columns(model: type[Model]) -> QuerySet[Any, tuple[Any, ...]]:
    """Returns the rows of a model, column by column."""
    columns = [
        _bytes(column.attname) if isinstance(column, BinaryField) else column.attname
        for column in model._meta.concrete_fields
    ]
    return model._default_manager.values_list(*columns)


def _faults_of(one: AuditCheckpoint, known: dict[str, bytes]) -> Iterator[str]:
    if one.at is None:  # as a text that is no time is read
        yield "was changed"
        return
    leaves = bytes(one.leaves)
    parts = [leaves[begin : begin + LEAF.size] for begin in range(0, len(leaves), LEAF.size)]
    if merkle_root(parts) != bytes(one.root):
        yield "does not say what it was made of"
    message = checkpoint_message(one.number, one.at, len(parts), bytes(one.root), bytes(one.previous), one.key_id)
    if hashlib.sha256(message).digest() != bytes(one.hash):
        yield "was changed"
    if one.key_id not in known:
        yield f"is signed with a key that is not known here ({one.key_id}; see WHARF_AUDIT_FORMER_KEYS)"
    elif not keys.is_signed(known[one.key_id], bytes(one.signature), message):
        yield "has a signature that is not of its key"


def _events(report: TrailReport, chains: dict[int, VerifiedChain], progress: Callable[[int, int], None]) -> None:
    there_are = AuditEvent.objects.count()
    # Times as the database writes them: Django's reading of a million would take longer than all the hashes.
    columns: tuple[str | Cast, ...]
    columns = ("chain_id", "number", Cast("at", TextField()), "kind", "actor", *map(_bytes, ("what", "who", "hash")))
    rows = AuditEvent.objects.order_by("chain_id", "number").values_list(*columns).iterator(chunk_size=LINKS_AT_ONCE)
    strange: set[int] = set()
    for pk, number, at, kind, actor, what, who, stored in rows:
        report.events += 1
        if report.events % LINKS_AT_ONCE == 0:
            progress(report.events, there_are)
        if (chain := chains.get(pk)) is None:
            strange.add(pk)
            continue
        if chain.fault:
            continue
        chain.add(number, _told(chain, number, at, kind, actor, bytes(what), bytes(who)), bytes(stored))
    known = AuditChain.objects.in_bulk(strange)  # those that have begun meanwhile
    for pk in sorted(strange - known.keys()):
        report.add(f"There are events of chain {pk}, which is missing.")


def _told(chain: VerifiedChain, number: int, at: str, kind: str, actor: str, what: bytes, who: bytes) -> bytes:
    """The hash of what the next event of a chain says; nothing where its time is none."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return b""
    if moment.tzinfo is None:  # as SQLite writes it
        moment = moment.replace(tzinfo=UTC)
    return event_hash(chain.subject, number, moment, kind, actor, what, who, chain.last)


def _details(report: TrailReport) -> None:
    digests = map(_bytes, ("event__what", "event__who"))
    columns: tuple[str | Cast, ...]
    columns = ("part", _bytes("salt"), "text", *digests, "event__number", "event__chain__subject")
    # In the order of events, by which both tables have an index: they are read side by side, and nothing is sorted.
    rows = AuditDetail.objects.order_by("event_id").values_list(*columns).iterator(chunk_size=LINKS_AT_ONCE)
    for part, salt, text, what, who, number, subject in rows:
        report.details += 1
        if detail_digest(bytes(salt), text) != bytes(what if part == AuditDetail.Part.WHAT else who):
            report.add(f"What is known of event {number} of {subject} was changed ({part}).")
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(LENGTH(what) + LENGTH(who)) FROM audit_auditevent")
        (digests,) = cursor.fetchone()
    report.erased = max(0, (digests or 0) // len(NOTHING) - report.details)
