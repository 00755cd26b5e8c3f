"""What people can use without any server: standard formats, and a page that shows what is in the archive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string, select_template

from importers.documents.doctypes import FILES
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.formats.format import Format
from importers.vertical import Vertical, verticals
from moves.exports.sizes import Wants

SHOWN_RECORDS = 1_000  # of each kind on the page, which says so where there are more


@dataclass
class FormatFiles:
    """The files of one format that the page names; each a name that people read and its path beside the page."""

    format: Format
    files: list[tuple[str, str]] = field(default_factory=list)

    def note(self, name: str) -> str:
        """Returns the path of a file, which the page will name if it is among the first."""
        path = f"{self.format.folder}/{name}"
        if len(self.files) < SHOWN_RECORDS:
            self.files.append((name.rpartition(".")[0] or name, path))
        return path


@dataclass(frozen=True)
class Section:
    """One kind of record on the page: how many there are, and the newest, whose ids keep their order on every
    server. `marked`: the newest of those that are marked, where this kind has some."""

    kind: RecordKind
    count: int
    newest: Any
    marked: Any = ()

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are shown."""
        return self.count > SHOWN_RECORDS


def files(snapshot: Snapshot, wants: Wants) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of each file; the bytes must be read before the next file is asked for.

    They tell of the records and of nothing else, neither of the server nor of the day: whoever takes the archive in and
    out again has the same files.
    """
    written: dict[str, list[FormatFiles]] = {}
    for vertical in verticals():
        if not all(wants(kind.doctype) for kind in vertical.kinds):
            continue
        for one in vertical.formats:
            listed = FormatFiles(one)
            written.setdefault(vertical.folder, []).append(listed)
            for name, pieces in one.write(snapshot):
                yield listed.note(name), pieces
    yield "index.html", _page(snapshot, wants, written)


def _page(snapshot: Snapshot, wants: Wants, written: dict[str, list[FormatFiles]]) -> Iterator[bytes]:
    """The page, of one file: no script, nothing from elsewhere. Nothing is asked for it before it is read."""
    counts: list[tuple[str, int]] = []
    fragments: list[str] = []
    for vertical in verticals():
        sections = [_section(snapshot, kind) for kind in vertical.kinds if wants(kind.doctype)]
        counts += [(section.kind.words[section.count != 1], section.count) for section in sections]
        fragments.append(_fragment(vertical, sections, written.get(vertical.folder, [])))
    yield render_to_string("moves/readable.html", {"counts": counts, "fragments": fragments}).encode()


def _fragment(vertical: Vertical, sections: list[Section], written: list[FormatFiles]) -> str:
    """What the page shows of one vertical, by its own template where it has one. Files lie beside the page anyway."""
    shown = [section for section in sections if section.count and section.kind.doctype != FILES]
    template = select_template([f"{vertical.folder}/readable.html", "moves/readable_vertical.html"])
    words = {"sections": shown, "marked": [section for section in sections if section.marked]}
    return template.render(words | {"formats": [one for one in written if one.files], "most": SHOWN_RECORDS})


def _section(snapshot: Snapshot, kind: RecordKind) -> Section:
    rows = snapshot.of(kind.model)
    newest = rows.order_by(snapshot.from_the_end("doc_id"), "-pk").defer("payload")
    marked = newest.filter(**{kind.marked: True}, trashed_at=None)[:SHOWN_RECORDS] if kind.marked else ()
    return Section(kind, rows.count(), newest[:SHOWN_RECORDS], marked)
