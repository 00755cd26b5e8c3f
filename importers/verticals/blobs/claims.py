"""Which file of an archive gets which name.

The documents of an archive come one after the other, but say together which names there are: where a file that has a
name is called otherwise by a later document, or thrown away, the name is free. So a file whose name another live one
has gets none for now, but claims it (`NameClaim`), and all claims are decided when the last document has come.

A claim is granted where its name is free, where only something in the bin has it, or where the very same file has it
already, which an exporter or another server brought: then both are one. What a granted claim has freed may be what
another one waits for. Only what can't be granted when all that can has been gets a number.
"""

from collections.abc import Iterable

from django.conf import settings

from importers.digests import digest
from importers.documents.arriving import Outcome
from importers.documents.doctypes import FILES
from importers.merging import twins
from importers.merging.context import MergeContext, MergeMemory
from importers.merging.draft import RecordDraft
from importers.merging.settling import Settlement
from importers.verticals.blobs.free_names import free_place, no_place
from importers.verticals.blobs.from_cozy import below
from importers.verticals.blobs.models import File, Folder, NameClaim

CLAIMED = ("name", "place", "job", "outcome")


class NameClaims(MergeMemory):
    """The claims of one account, and how far they are decided."""

    def __init__(self, context: MergeContext) -> None:
        super().__init__(context)
        self.forget()

    def forget(self) -> None:
        self._exist: bool | None = None
        self._after = 0  # the last claim that was looked at
        self._is_numbering = False  # whether all were looked at that can be granted

    # While documents come

    def make_room(self, place: str, *, in_bin: bool, but: int | None = None) -> bool:
        """Returns whether a file may stand in a place: it is free (`but` for a file), or something in the bin leaves it
        to one that is not."""
        holder = self._holder(place, but)
        if holder is None:
            return True
        if in_bin or holder.trashed_at is None:
            return False
        _leave(holder)
        return True

    def note(self, pairs: Iterable[tuple[RecordDraft, File]]) -> None:
        """Documents have become these files, or say what they say: each claims its name unless it has it."""
        claims, have = [], []
        for draft, file in pairs:
            if (file.payload, file.changed_at) != (draft.columns["payload"], draft.columns["changed_at"]):
                continue  # it is something later, which has a name of its own
            called = draft.called or draft.columns["shown_name"]
            if file.trashed_at is not None or _has(file, draft.path, called):
                have.append(file.pk)
            else:
                claims.append(self._claim(file, draft.path, called, draft.document.outcome))
        if have and self._any():
            NameClaim.objects.filter(file_id__in=have).delete()
        self._write(claims)

    def move(self, folder: Folder, path: str, *, as_named: bool) -> None:
        """Moves the files of a folder below its path, which has only now become known, or is another one now.
        `as_named`: they were never shown under the names that they have."""
        for file in File.objects.filter(folder=folder).select_related("claim").order_by("pk").iterator():
            claim = getattr(file, "claim", None)
            name = claim.name if claim is not None else file.name if as_named else file.shown_name
            place = digest(path, name)
            has = self.make_room(place, in_bin=file.trashed_at is not None, but=file.pk)
            file.same_name = digest(path, file.name)
            file.shown_name, file.place = name, place if has else no_place(file.doc_id)
            file.save(update_fields=["same_name", "shown_name", "place"])
            if claim is not None and has:
                claim.delete()
            elif not has and file.trashed_at is None:
                outcome = Outcome(claim.outcome) if claim is not None and claim.outcome else None
                self._write([self._claim(file, path, name, outcome)])

    def _claim(self, file: File, path: str, name: str, outcome: Outcome | None) -> NameClaim:
        said = {"job": self.context.origin.job, "outcome": outcome.value if outcome else ""}
        return NameClaim(owner_id=file.owner_id, file_id=file.pk, name=name, place=digest(path, name), **said)

    def _write(self, claims: list[NameClaim]) -> None:
        if claims:
            NameClaim.objects.bulk_create(
                claims, update_conflicts=True, unique_fields=["file"], update_fields=list(CLAIMED)
            )
            self._exist = True

    def _any(self) -> bool:
        """Whether there are any, which is asked once: nobody but this import makes them."""
        if self._exist is None:
            self._exist = NameClaim.objects.filter(owner=self.context.owner).exists()
        return self._exist

    def _holder(self, place: str, but: int | None) -> File | None:
        return File.objects.filter(owner=self.context.owner, place=place).exclude(pk=but).first()

    # When the last one has come

    def settle(self) -> list[Settlement] | None:
        """Decides some claims, in the transaction of the context. Returns what that changes; None where none is left.

        Where it ended between two calls, it may begin again from the first: what is decided has no claim any more.
        """
        mine = NameClaim.objects.filter(owner=self.context.owner, pk__gt=self._after)
        claims = list(mine.select_related("file__folder").order_by("pk")[: settings.WHARF_IMPORT_CLAIMS_AT_ONCE])
        if not claims:
            if self._is_numbering or not self._after:
                self._after, self._is_numbering = 0, False
                return None
            self._after, self._is_numbering = 0, True
            return self.settle()
        self._after = claims[-1].pk
        settled: list[Settlement] = []
        granted: set[int | None] = set()
        for claim in claims:
            if claim.pk in granted:
                continue
            if self._is_numbering:
                settled += self._number(claim)
            else:
                settled += self._grant_all(claim, granted)
        return settled

    def _grant_all(self, claim: NameClaim, granted: set[int | None]) -> list[Settlement]:
        """Grants a claim, if that is possible now, and those of the names that become free one after the other."""
        settled: list[Settlement] = []
        waiting: NameClaim | None = claim
        while waiting is not None:
            key, before = waiting.pk, waiting.file.place
            if not self._grant(waiting, settled):
                break
            granted.add(key)
            freed = NameClaim.objects.filter(owner=self.context.owner, place=before)
            waiting = freed.select_related("file__folder").order_by("pk").first()
        return settled

    def _grant(self, claim: NameClaim, settled: list[Settlement]) -> bool:
        """Lets a file have the name that it claims. Returns whether it could."""
        file = claim.file
        place = digest(file.folder.identifier, claim.name)
        holder = None if file.trashed_at is not None else self._holder(place, file.pk)
        if holder is not None and holder.trashed_at is None:
            if holder.content_id != file.content_id or claim.outcome != Outcome.CREATED:
                return False
            settled.append(_settlement(claim, Outcome.UNCHANGED))
            self._unite(holder, file)
            return True
        if holder is not None:
            _leave(holder)
        file.shown_name, fields = claim.name, ["shown_name"]
        if file.trashed_at is None:
            file.place, fields = place, ["shown_name", "place"]
        file.save(update_fields=fields)
        claim.delete()
        return True

    def _unite(self, file: File, other: File) -> None:
        """Two files of one name and the same bytes are one, where it stands; what both said is kept."""
        where = {name: getattr(file, name) for name in ("folder_id", "same_name", "shown_name", "place")}
        self.context.new_bytes += twins.unite(file, other)
        File.objects.filter(pk=file.pk).update(**where)

    def _number(self, claim: NameClaim) -> list[Settlement]:
        """Lets a file that has no name have one with a number; one that has such a name already keeps it."""
        file, path = claim.file, claim.file.folder.identifier
        claim.delete()
        if file.place == digest(path, file.shown_name):
            return []
        file.shown_name, file.place = free_place(file.owner_id, path, claim.name)
        file.save(update_fields=["shown_name", "place"])
        if file.shown_name == claim.name:
            return []
        was, now = below(path, claim.name), below(path, file.shown_name)
        return [_settlement(claim, Outcome.RENAMED, f"Another file is {was} already; this one is now {now}.")]


def name_claims(context: MergeContext) -> NameClaims:
    """Returns those of the account into which an archive comes."""
    return context.memory(NameClaims)


def _has(file: File, path: str, called: str) -> bool:
    """Whether a file has the name that a document calls it by; or its own, where that one calls it by a number."""
    return file.place == digest(path, file.shown_name) and file.shown_name in (called, file.name)


def _leave(holder: File) -> None:
    """Takes its place from a file that is in the bin, which is there under its name all the same."""
    File.objects.filter(pk=holder.pk).update(place=no_place(holder.doc_id))


def _settlement(claim: NameClaim, outcome: Outcome, note: str = "") -> Settlement:
    before = Outcome(claim.outcome) if claim.outcome else None
    return Settlement(FILES, claim.file.doc_id, claim.job, before, outcome, note)
