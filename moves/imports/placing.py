"""Documents of an archive become records, or stay documents; what is here is merged with them.

Every call is a transaction of its own that has locked the account. A document that can't be placed is refused with a
sentence, and never stands in the way of the others; a quota that is full raises 413 `destination_full`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from importers import quota, uploads
from importers.documents import FILES, VERSIONS
from importers.merging import Records
from importers.models import Album, Calendar, File, Folder
from importers.origins import Origin, Session
from importers.returning import EPOCH, Broken, Coming, Outcome
from importers.uploads import Received, Settled
from importers.verticals import RETURNING, Returning, foreign, returning
from moves.imports.contents import content_held, content_here
from moves.imports.incoming import Incoming, has_bytes, once_each, parse
from moves.imports.kept import keep, remove_kept
from moves.imports.never import why_never
from moves.models import Document

__all__ = ["Incoming", "Origin", "Outcome", "Placed", "Placer"]

MOST_WAITING = 1_000  # of a kind that are told of at the end
KNOWN = {doctype for doctype, _ in RETURNING}
MISSING = "Its content is missing in the archive."
OTHER_BYTES = "Its bytes are others than it says, so it was taken as a file that has been changed elsewhere."
KEPT_WHOLE = "It is kept whole, and leaves again in every export."


@dataclass(frozen=True)
class Placed:
    """What became of a document. `note` is a sentence for the report, empty where nothing is to be said."""

    doctype: str
    id: str
    outcome: Outcome
    note: str = ""


class _Undo(Exception):
    """What was done for one document must not stay."""


class Placer:
    """Places the documents of one archive into an account."""

    def __init__(self, owner: User, origin: Origin) -> None:
        self._owner = owner
        self._session = Session(owner, origin)
        self._told: set[str] = set()  # doctypes of which it was said why they are never imported
        self._leftovers = Document.objects.filter(owner=owner, doctype__in=KNOWN).exists()

    def forget(self) -> None:
        """Must be called when a transaction was rolled back that the caller had around any of these calls: what was
        found or made in it may not be there any more."""
        self._session.forget()

    # Documents that no bytes follow

    def documents(self, batch: Sequence[Incoming]) -> list[Placed]:
        """Places documents in one transaction, those that others refer to first. Raises 413 `destination_full`; then
        none of them is placed."""
        comings, placed = self._read(batch)
        for ones in once_each(comings.values()):
            self._place_together(ones)
        return [placed[number] if number in placed else _as_placed(comings[number]) for number in range(len(batch))]

    def _place_together(self, comings: list[Coming]) -> None:
        try:
            self._transaction(comings)
        except (DataError, IntegrityError):
            # One of them says something that the database doesn't take: the others must not suffer for it.
            for coming in comings:
                self._reset(coming)
                try:
                    self._transaction([coming])
                except (DataError, IntegrityError) as error:
                    self._reset(coming)
                    coming.became(Outcome.REFUSED, f"The database does not take it: {_first_line(error)}")

    def _transaction(self, comings: list[Coming]) -> None:
        try:
            with transaction.atomic():
                owner = self._begin()
                self._bring(comings)
                quota.require_room(owner, self._session.new_bytes)
                self._end(owner)
        except BaseException:
            self._session.forget()
            raise

    def _begin(self) -> User:
        owner = quota.lock(self._owner)
        self._session.begin()
        return owner

    def _end(self, owner: User) -> None:
        quota.charge(owner, self._session.new_bytes)
        self._session.write_counts()

    def _bring(self, comings: Sequence[Coming]) -> None:
        """Each by whoever knows its kind; what can't be read as ours, as another server's; the rest is kept whole."""
        comings = [coming for coming in comings if self._is_whole(coming)]
        ours = [(coming, returning(coming)) for coming in comings]
        _by_kind(self._session, [(coming, by) for coming, by in ours if by is not None])
        left = self._bring_foreign([coming for coming, by in ours if by is None or coming.broken])
        for coming in left:
            if coming.broken and coming.doctype in (FILES, VERSIONS):
                coming.became(Outcome.REFUSED, coming.broken)
        self._keep([coming for coming in left if coming.outcome is not Outcome.REFUSED])
        if self._leftovers:
            remaining = set(map(id, left))
            remove_kept(self._session, [one for one in comings if id(one) not in remaining and one.doctype in KNOWN])

    def _is_whole(self, coming: Coming) -> bool:
        """Whether its bytes are there, if it has any: those that came with it, its record's, or some that are held."""
        if has_bytes(coming) and coming.content is None:
            coming.content = content_here(self._session, coming) or content_held(self._session, coming)
            if coming.content is None:
                name = coming.body.get("name")
                called = f" It is called {name}." if isinstance(name, str) and name else ""
                coming.became(Outcome.REFUSED, MISSING + called)
                return False
        return True

    def _bring_foreign(self, comings: Sequence[Coming]) -> list[Coming]:
        """Those that are not ours, or can't be read as such. Gives those that no vertical could place."""
        pairs: list[tuple[Coming, Returning]] = []
        left = []
        for coming in comings:
            if coming.broken:
                coming.notes.append(f"What this product said of it can't be read: {coming.broken}")
                coming.plain, coming.broken = True, ""
            try:
                by = foreign(self._session, coming)
            except Broken as broken:
                coming.broken, by = str(broken), None
            if by is None:
                left.append(coming)
            else:
                pairs.append((coming, by))
        _by_kind(self._session, pairs)
        return left + [coming for coming, _ in pairs if coming.broken]

    def _keep(self, comings: Sequence[Coming]) -> None:
        """Keeps them whole, but for those whose records are here: an archive has no two documents of one id."""
        for coming in comings:
            if coming.doctype in KNOWN and self._has_record(coming):
                coming.became(Outcome.REFUSED, f"{coming.broken} What is here of it stays.".strip())
        comings = [coming for coming in comings if coming.outcome is not Outcome.REFUSED]
        if not comings:
            return
        for coming in comings:
            if coming.broken:
                coming.notes.append(coming.broken)
            if coming.notes:
                coming.notes.append(KEPT_WHOLE)
        keep(self._session, comings)
        self._leftovers |= any(coming.doctype in KNOWN for coming in comings)

    def _has_record(self, coming: Coming) -> bool:
        models = {
            by.model for (doctype, _), by in RETURNING.items() if doctype == coming.doctype and isinstance(by, Records)
        }
        return any(model._default_manager.filter(owner=self._owner, doc_id=coming.id).exists() for model in models)

    # Documents with their bytes

    def wants_content(self, document: Incoming) -> bool:
        """Whether the bytes of a document must be read: False where its record has them already."""
        comings, _ = self._read([document])
        coming = comings.get(0)
        if coming is None:
            return False  # it will not be placed, whatever its bytes are
        return content_here(self._session, coming) is None

    def file(self, document: Incoming, received: Received | None) -> Placed:
        """Places a document with its bytes; None where none follow it, or where they were not wanted. Raises 413
        `destination_full`. What was received and is not needed is removed."""
        return self.files([(document, received)])[0]

    def files(self, batch: Sequence[tuple[Incoming, Received | None]]) -> list[Placed]:
        """The same for several of them, in one transaction. Where the quota is full, none of them is placed."""
        comings, placed = self._read([document for document, _ in batch])
        arriving = [_Arriving(coming, batch[number][1]) for number, coming in comings.items()]
        may_be_committed = False
        try:
            with transaction.atomic():
                owner = self._begin()
                for one in arriving:
                    self._place_file(owner, one)
                self._end(owner)
                may_be_committed = True  # an error of the commit tells nothing about the outcome
        except BaseException:
            self._session.forget()
            if not may_be_committed:
                _discard(received for _, received in batch)
            raise
        adopted = {id(one.received) for one in arriving if one.adopted}
        unneeded = [received for _, received in batch if id(received) not in adopted]
        transaction.on_commit(lambda: _discard(unneeded))
        return [placed[number] if number in placed else _as_placed(comings[number]) for number in range(len(batch))]

    def _place_file(self, owner: User, one: "_Arriving") -> None:
        """One of them; nothing of it stays if it is refused."""
        session, coming = self._session, one.coming
        before = session.mark()
        try:
            with transaction.atomic():
                self._settle(owner, one)
                self._bring([coming])
                upload = one.received.upload if one.received else None
                quota.require_room(owner, session.new_bytes, upload)
                if coming.outcome is Outcome.REFUSED:
                    raise _Undo
        except _Undo:
            self._undo(before, one)
        except (DataError, IntegrityError) as error:
            self._undo(before, one)
            self._reset(coming)
            coming.became(Outcome.REFUSED, f"The database does not take it: {_first_line(error)}")

    def _undo(self, before: Any, one: "_Arriving") -> None:
        self._session.forget()
        self._session.reset(before)
        one.adopted = False

    def _settle(self, owner: User, one: "_Arriving") -> None:
        """Makes what was received the person's."""
        coming = one.coming
        if one.received is None:
            return
        settled: Settled = uploads.settle(owner, one.received)
        one.adopted = settled.adopted
        coming.content = settled.content
        self._session.new_bytes += settled.new_bytes
        said = (coming.facts or {}).get("sha256")
        if said is not None and said != settled.content.sha256:
            coming.plain = True
            coming.notes.append(OTHER_BYTES)

    # The end

    def finish(self) -> list[Placed]:
        """What others referred to and the archive did not have: it stands under its id. At most 1,000 of a kind."""
        waiting: list[Placed] = []
        for model, doctype, note in (
            (Folder, FILES, "The archive has files of this directory, but not the directory: they are in {}."),
            (
                Album,
                "io.cozy.photos.albums",
                "The archive has photos of this album, but not the album: it is named {}.",
            ),
            (Calendar, "org.wharf.calendars", "The archive has events of this calendar, but not it: it is named {}."),
            (File, FILES, "The archive has versions of this file, but not the file: it is named {}."),
        ):
            name = "name" if model is File else "identifier"
            rows = model._default_manager.filter(owner=self._owner, changed_at=EPOCH).order_by("pk")
            for doc_id, called in rows.values_list("doc_id", name)[:MOST_WAITING]:
                waiting.append(Placed(doctype, doc_id, Outcome.RENAMED, note.format(called)))
        return waiting

    def check(self, batch: Sequence[Incoming]) -> list[bool]:
        """Whether the account holds each of these documents now, equal or merged as it was reported: placing it again
        would change nothing. Nothing is written."""
        comings, placed = self._read(batch, tell=False)
        held = {number: one.outcome is Outcome.IGNORED for number, one in placed.items()}
        leftovers = self._leftovers
        with transaction.atomic():
            self._begin()
            for number, coming in comings.items():
                held[number] = self._would_change_nothing(coming)
            transaction.set_rollback(True)
        self._leftovers = leftovers
        self._session.forget()
        return [held[number] for number in range(len(batch))]

    def _would_change_nothing(self, coming: Coming) -> bool:
        try:
            with transaction.atomic():
                self._bring([coming])
        except (DataError, IntegrityError):
            self._session.forget()
            return False
        return not coming.wrote and coming.outcome is not Outcome.REFUSED

    # Reading

    def _read(self, batch: Sequence[Incoming], *, tell: bool = True) -> tuple[dict[int, Coming], dict[int, Placed]]:
        """The documents that are to be placed, and what became of the others, by their numbers in the batch."""
        comings: dict[int, Coming] = {}
        placed: dict[int, Placed] = {}
        for number, incoming in enumerate(batch):
            doctype, doc_id = incoming.doctype, incoming.id
            if why := why_never(doctype, doc_id):
                note = why if tell and doctype not in self._told else ""
                if tell:
                    self._told.add(doctype)
                placed[number] = Placed(doctype, doc_id, Outcome.IGNORED, note)
                continue
            try:
                comings[number] = parse(incoming)
            except Broken as broken:
                placed[number] = Placed(doctype, doc_id, Outcome.REFUSED, str(broken))
        return comings, placed

    def _reset(self, coming: Coming) -> None:
        coming.outcomes, coming.notes, coming.broken, coming.plain, coming.wrote = [], [], "", False, False


@dataclass
class _Arriving:
    """A document and what was received after it. `adopted`: the bytes lie where they were received."""

    coming: Coming
    received: Received | None
    adopted: bool = False


ORDER = {id(by): number for number, by in enumerate(RETURNING.values())}


def _by_kind(session: Session, pairs: list[tuple[Coming, Returning]]) -> None:
    """Brings them, all of a kind at once, in the order in which the verticals say their kinds: containers first."""
    kinds: dict[int, tuple[Returning, list[Coming]]] = {}
    for coming, by in pairs:
        kinds.setdefault(id(by), (by, []))[1].append(coming)
    for key in sorted(kinds, key=lambda key: ORDER.get(key, len(ORDER))):
        by, comings = kinds[key]
        by.bring(session, comings)


def _as_placed(coming: Coming) -> Placed:
    return Placed(coming.doctype, coming.id, coming.outcome, coming.note)


def _discard(received: Any) -> None:
    """Removes what was received and nobody needs."""
    for one in received:
        if one is not None and one.upload is not None:
            uploads.discard(one.upload)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it gives no reason"])[0][:200]
