"""An export that another server has: its document, checked, and its parts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django.utils import timezone

from accounts.sizes import as_count
from accounts.texts import kept_text
from moves.imports.sources.fetching import RemotePart
from moves.imports.sources.links import ASK_AGAIN, NoArchive, has_gone, manifest_urls
from moves.peers.client import PeerAnswer, call
from moves.peers.errors import MOVED_AWAY, PeerError, host_of

LARGEST_EXPORT_DOCUMENT = 8 * 1024 * 1024  # of an export's document
DEADLINE = 60.0  # seconds
MOST_PARTS = 20_000
LONGEST_CURSOR = 255  # characters
SKEW = timedelta(minutes=5)  # that two servers' clocks may differ
MISTYPED = kept_text(
    "%(host)s knows no such link: perhaps a part of it is missing, or mistyped. Copy the link again, whole."
)
NO_EXPORT = kept_text("What %(host)s has at this link is not an export. Copy the link again, whole.")
NO_EXPORT_THERE = kept_text("There is no export at this link, or not any more.")
THAT_IS_NONE = kept_text("That is no export.")
STILL_MADE = kept_text("%(host)s is still making this export. Try again when it is done.")
NOT_MADE = kept_text("%(host)s could not make this export.")
EXPORT_EXPIRED = kept_text("This export has expired on %(day)s.", measures=["day"])
EXPORT_MALFORMED = kept_text("The export at %(host)s is malformed: its %(name)s is not what it should be.")


class _NotAnExport(NoArchive):
    """What answers at the address is no export, so that another address may be the right one."""


@dataclass(frozen=True)
class RemoteExport:
    """What a server says of its export, which is `done`; sizes in bytes.

    `host` is where it is, `url` the address of its document (a capability: it stays out of logs). `files_size`,
    `files_count` and `snapshot_at` are None from a Cozy; `ours` says that this product made it. `cursors` name the
    parts after the first one. `missing` are the entries that its server could not read itself.
    """

    host: str
    url: str
    id: str
    state: str
    parts_size: int
    cursors: tuple[str, ...]
    with_doctypes: tuple[str, ...]
    total_size: int
    files_size: int | None
    files_count: int | None
    created_at: datetime | None
    snapshot_at: datetime | None
    expires_at: datetime | None
    missing: tuple[str, ...]
    ours: bool
    parts: list[RemotePart] = field(repr=False)

    @classmethod
    def find(cls, link: str, *, deadline: float = DEADLINE) -> Self:
        """Returns the export that a link leads to (`GET /move/exports/OPAQUE` of the move protocol).

        `deadline`: seconds for its document.

        Raises `BadLink` for what is no such link, `NoArchive` where there is no export that can be fetched: with a
        sentence, and `temporary` where it may be there later.
        """
        misses: list[_NotAnExport] = []
        for url in manifest_urls(link):
            try:
                return cls._at(url, deadline)
            except _NotAnExport as miss:
                misses.append(miss)
        raise misses[0]

    @property
    def size_hint(self) -> int | None:
        """About how many bytes it brings: what its server says, or what its parts can hold; None if nobody knows."""
        if self.files_size is not None:
            return self.total_size + self.files_size
        return self.total_size + len(self.cursors) * self.parts_size if self.cursors else None

    @classmethod
    def _at(cls, url: str, deadline: float) -> Self:
        try:
            answer = call(
                "GET",
                url,
                accept="application/vnd.api+json, application/json;q=0.9",
                most_bytes=LARGEST_EXPORT_DOCUMENT,
                deadline=deadline,
            )
            body = answer.object
        except PeerError as failed:
            raise _no_export(failed, host_of(url)) from failed
        return cls._of(body, url, answer)

    @classmethod
    def _of(cls, body: dict[str, Any], url: str, answer: PeerAnswer) -> Self:
        host = host_of(answer.url)
        data = body.get("data")
        if not isinstance(data, dict) or data.get("type", "io.cozy.exports") != "io.cozy.exports":
            raise _NotAnExport(NO_EXPORT % {"host": host})
        attributes = data.get("attributes")
        if not isinstance(attributes, dict):
            raise _NotAnExport(NO_EXPORT % {"host": host})
        fields = _Fields(attributes, host)
        _require_done(fields)
        where = answer.url.partition("?")[0] if "/move/exports/" in answer.url else url
        cursors = fields.cursors()
        return cls(
            host=host,
            url=where,
            id=str(data.get("id", ""))[:64],
            state="done",
            parts_size=fields.count("parts_size") or 0,
            cursors=cursors,
            with_doctypes=fields.texts("with_doctypes"),
            total_size=fields.count("total_size") or 0,
            files_size=fields.count("files_size"),
            files_count=fields.count("files_count"),
            created_at=fields.time("created_at"),
            snapshot_at=fields.time("snapshot_at"),
            expires_at=fields.time("expires_at"),
            missing=fields.texts("missing"),
            ours="snapshot_at" in attributes and "files_count" in attributes,
            parts=_parts(where, cursors),
        )


def _parts(url: str, cursors: tuple[str, ...]) -> list[RemotePart]:
    """Returns the parts by their cursors; the first one has none."""
    before, _, opaque = url.rpartition("/move/exports/")
    data = f"{before}/move/exports/data/{opaque}"
    first = RemotePart(data, 0)
    rest = (RemotePart(f"{data}?{urlencode({'cursor': cursor})}", n, cursor) for n, cursor in enumerate(cursors, 1))
    return [first, *rest]


def _no_export(failed: PeerError, host: str) -> NoArchive:
    if failed.status == MOVED_AWAY:
        return NoArchive(has_gone(failed))
    if failed.status == 404:
        return _NotAnExport(f"{NO_EXPORT_THERE} {ASK_AGAIN}")
    if failed.status in (400, 401):  # a Cozy's answers to a link that it can't decode, or did not make
        return _NotAnExport(MISTYPED % {"host": host})
    if failed.status == 403:
        return _NotAnExport(f"{failed.sentence} {ASK_AGAIN}")
    if failed.code == "too_large":
        return NoArchive(f"{failed.sentence} {THAT_IS_NONE}")
    return _NotAnExport(failed.sentence, temporary=failed.temporary)


def _require_done(fields: "_Fields") -> None:
    """Raises `NoArchive` for an export that can't be fetched, now or any more."""
    state = fields.values.get("state")
    if state == "exporting":
        raise NoArchive(STILL_MADE % {"host": fields.host}, temporary=True)
    if state == "error":
        raise NoArchive(f"{NOT_MADE % {'host': fields.host}} {ASK_AGAIN}")
    if state != "done":
        raise fields.malformed("state")
    expires_at = fields.time("expires_at")
    if expires_at is not None and expires_at < timezone.now() - SKEW:
        raise NoArchive(f"{EXPORT_EXPIRED % {'day': f'{expires_at:%Y-%m-%d}'}} {ASK_AGAIN}")


@dataclass(frozen=True)
class _Fields:
    """The attributes of an export, none of which is believed."""

    values: dict[str, Any]
    host: str

    def malformed(self, name: str) -> NoArchive:
        return NoArchive(f"{EXPORT_MALFORMED % {'host': self.host, 'name': name}} {ASK_AGAIN}")

    def count(self, name: str) -> int | None:
        value = self.values.get(name)
        found = as_count(value)
        if found is None and value is not None:
            raise self.malformed(name)
        return found

    def time(self, name: str) -> datetime | None:
        """RFC 3339. The year 1 is how Go says that there is none."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            found = datetime.fromisoformat(value)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return None if found.year == 1 else found.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.malformed(name) from error

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.values.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self.malformed(name)
        return tuple(values)

    def cursors(self) -> tuple[str, ...]:
        cursors = self.texts("parts_cursors")
        usable = all(one and one.isprintable() and len(one) <= LONGEST_CURSOR for one in cursors)
        if not usable or len(cursors) > MOST_PARTS or len(set(cursors)) != len(cursors):
            raise self.malformed("parts_cursors")
        return cursors
