"""Files that a person has chosen: those that are marked in a list, folders of the tree, all of an album; as one zip.

What is marked may be more than an address can say. So it is sent as a form, kept in the session, and the address that
the form leads to names it there.
"""

import secrets
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.person import person_of
from accounts.texts import in_english
from importers.bin import choices
from importers.bin.asked import BinChoice, asked_for
from importers.bin.choices import Part
from importers.bin.marking import nothing_marked
from importers.content.suffixes import suffix_of
from importers.documents.document import StoredBytes
from importers.documents.snapshot import ROWS_AT_ONCE, Snapshot
from importers.formats.format import FileNames, FormatBytes, StoredFile
from importers.pages.kinds import RecordPages
from importers.text import portable_name

SESSION_KEY = "chosen"
MOST_KEPT = 5  # choices of one session
# What a choice may name: each of these is something that a person looks at. All there is has an export.
NAMED_BY = ("id", "folder", "path", "in")
KEPT = ("kind", *NAMED_BY, "inside", "at")


@dataclass(frozen=True)
class ChosenFiles:
    """What is meant. `base`: the path of the folder that is looked at, which names in the zip leave out."""

    choice: BinChoice
    base: str

    @property
    def name(self) -> str:
        """What the zip is saved as."""
        return portable_name(f"{self._called}.zip")

    @property
    def _called(self) -> str:
        paths = [*self.choice.said.get("path", ()), *self.choice.said.get("folder", ())]
        if len(paths) == 1 and "id" not in self.choice.said:
            return paths[0].rstrip("/").rpartition("/")[2] or gettext("Files")
        if self.choice.page:
            return self.choice.title[:100]
        return self.base.rpartition("/")[2] or gettext("Chosen files")

    def files(self, snapshot: Snapshot) -> Generator[tuple[str, FormatBytes]]:
        """Yields name and bytes of each file, as `Format.files` does."""
        names, seen = FileNames(), set[str]()
        for pages, part in choices.shown_by(self.choice.parts):
            if pages.has_content:
                for record in _rows(snapshot, pages, part):
                    if record.doc_id not in seen:
                        yield self._named(names, pages, record), _stored(pages, record)
                        if len(self.choice.parts) > 1:  # a file may be marked, and its folder as well
                            seen.add(record.doc_id)

    def _named(self, names: FileNames, pages: RecordPages, record: Any) -> str:
        path = pages.folder_of(record)
        inside = path.removeprefix(self.base) if f"{path}/".startswith(f"{self.base.rstrip('/')}/") else path
        folder = "/".join(portable_name(step) for step in inside.split("/") if step)
        with in_english():  # as names of files are, whoever takes them
            called = str(pages.kind.words[0])
        name = record.file_name or f"{called}{suffix_of(getattr(record, 'mime', ''))}"
        stem, dot, suffix = name.rpartition(".")
        found = names.unused(stem, dot + suffix, folder) if dot else names.unused(name, "", folder)
        return f"{folder}/{found}" if folder else found


def _rows(snapshot: Snapshot, pages: RecordPages, part: Part) -> Iterator[Any]:
    rows: QuerySet[Any] = choices.rows_of(snapshot.owner, pages, part, in_bin=False).using(snapshot.using)
    related = [name for name in (*pages.related, "content") if name]
    payloads = ("payload", *(f"{name}__payload" for name in pages.related))
    rows = rows.exclude(content=None).select_related(*related).defer(*payloads).order_by("pk")
    yield from rows.iterator(chunk_size=ROWS_AT_ONCE)


def _stored(pages: RecordPages, record: Any) -> StoredFile:
    content = record.content
    stored = StoredBytes(content.storage_key, content.sha256, content.crc32, content.size, content.md5)
    at = pages.kind.at
    return StoredFile(stored, None if at == "received_at" else getattr(record, at))


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keeps what is marked, and leads to the zip of it, or back where nothing is. Raises Http404 for what is not
    theirs."""
    if back := nothing_marked(request):
        return back
    read(person_of(request), request.POST)
    kept = request.session.get(SESSION_KEY, {})
    key = secrets.token_urlsafe(9)
    said = {name: request.POST.getlist(name) for name in KEPT if name in request.POST}
    request.session[SESSION_KEY] = dict([*kept.items(), (key, said)][-MOST_KEPT:])
    return redirect("chosen-files", key)


def found(request: HttpRequest, person: User, key: str) -> ChosenFiles:
    """Returns what was kept under a key, or else what the address says. Raises Http404."""
    if not key:
        return read(person, request.GET)
    said = request.session.get(SESSION_KEY, {}).get(key)
    if said is None:
        raise Http404
    kept = QueryDict(mutable=True)
    for name, values in said.items():
        kept.setlist(name, values)
    return read(person, kept)


def read(person: User, said: QueryDict) -> ChosenFiles:
    """Returns what a form or an address means. Raises Http404 for nothing, for all of a kind, and for what is not
    theirs."""
    paths = [*said.getlist("path"), *said.getlist("folder")]
    if not any(name in said for name in NAMED_BY) or not all(path.strip("/") for path in paths):
        raise Http404
    path = said.get("path", "").rstrip("/")
    base = path.rpartition("/")[0] if path else said.get("at", "")
    return ChosenFiles(asked_for(person, said, in_bin=False), base.rstrip("/"))
