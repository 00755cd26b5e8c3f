"""Where the archives of an import come from: their parts in order, the manifest if there is one, and what the other
server says of itself."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import strict_json
from accounts.sizes import LARGEST_COLUMN, as_count, as_size
from accounts.texts import kept_text
from accounts.web_address import WebAddress
from importers.documents.columns import as_json
from importers.text import keepable
from moves.archives.incoming import Limits
from moves.archives.layout import MANIFEST
from moves.archives.manifest import ManifestUnreadable
from moves.archives.roots import Roots
from moves.imports.counts import Counts
from moves.imports.sources.export import RemoteExport
from moves.imports.sources.instance import LONGEST_FACT
from moves.imports.sources.links import NoArchive
from moves.imports.sources.manifest import Manifest, fetch
from moves.imports.sources.one_export import require_one_export, require_readable
from moves.imports.sources.parts import ArchivePart, LocalPart
from moves.imports.sources.survey import survey_all
from moves.models import ArchiveImport, ImportPart

AN_ARCHIVE = kept_text("an archive")  # the name of no server

OTHER_PARTS = kept_text("The export has other parts now than when its import began. Begin it again.")

SOURCE_FACTS = ("export", "account", "server", "snapshot_at", "files_size", "files_count", "total_size", "parts")
USED = ("used_bytes", "used", "disk_usage", "bytes_disk_usage")  # names of the bytes in use
DISK_USAGE = ("io.cozy.settings", "io.cozy.settings.disk-usage")


@dataclass
class ArchiveSource:
    """`product` is what wrote the archives: Wharf or Cozy. `roots`: the folders in them that exports are in.
    `size_hint`: about how many bytes they have, 0 if nobody knows. `facts` is what is kept of it all."""

    server: str
    product: str
    parts: Sequence[tuple[ImportPart, ArchivePart]]
    manifest: Manifest | None
    roots: Roots
    facts: dict[str, Any]
    size_hint: int
    is_remote: bool

    def close(self) -> None:
        if self.manifest is not None:
            self.manifest.close()


def source_of(
    archive_import: ArchiveImport, limits: Limits, still_mine: Callable[[], None], counts: Counts
) -> ArchiveSource:
    """Finds the archives of an import. Raises `NoArchive`, `Interrupted`, and what `still_mine` raises."""
    if archive_import.paths:
        return _local(archive_import, limits, still_mine, counts)
    return _remote(archive_import, limits, still_mine, counts)


def _remote(
    archive_import: ArchiveImport, limits: Limits, still_mine: Callable[[], None], counts: Counts
) -> ArchiveSource:
    remote = RemoteExport.find(archive_import.link)
    roots = Roots()
    manifest = _manifest(remote.parts[0], limits, still_mine, counts, roots) if remote.ours else None
    facts = (
        archive_import.source
        | _facts(manifest)
        | {
            "product": "Wharf" if remote.ours else "Cozy",
            "host": remote.host,
            "id": keepable(remote.id),
            "parts": len(remote.parts),
            "parts_size": remote.parts_size,
            "total_size": remote.total_size,
            "files_size": remote.files_size,
            "files_count": remote.files_count,
            "with_doctypes": list(map(keepable, remote.with_doctypes)),
            "snapshot_at": as_json(_made_at(remote, archive_import)),
            "missing": list(map(keepable, remote.missing[:100])),
        }
    )
    rows = [(_row(archive_import, part), part) for part in remote.parts]
    sizes = [row.size for row, _ in rows]
    hint = min(sum(size for size in sizes if size) if all(sizes) else remote.size_hint or 0, LARGEST_COLUMN)
    return ArchiveSource(remote.host, facts["product"], rows, manifest, roots, facts, hint, is_remote=True)


def _made_at(remote: RemoteExport, archive_import: ArchiveImport) -> datetime | None:
    """Returns when an export was made, as far as its server says; where its clock is ahead, it was not after the import
    was asked for."""
    said = remote.snapshot_at or remote.created_at
    return said and min(said, archive_import.created_at)


def _local(
    archive_import: ArchiveImport, limits: Limits, still_mine: Callable[[], None], counts: Counts
) -> ArchiveSource:
    """Files of this machine, named in any order: the parts stand in the manifest, which is in the first one, with the
    account."""
    roots = Roots()
    found = survey_all(archive_import.paths, limits, still_mine, roots)
    try:
        require_one_export(found)
        require_readable(found)
    except NoArchive:
        for one in found.values():
            one.close()
        raise
    manifests = [one.manifest for one in found.values() if one.manifest is not None]
    manifest = manifests[0] if manifests else None
    for other in manifests[1:]:
        other.close()
    for unreadable in filter(None, (one.unreadable for one in found.values())):
        _note_unreadable(unreadable, counts)
    known = {path: manifest.part_of(one.first) if manifest is not None else None for path, one in found.items()}
    ordered = sorted(
        found, key=lambda path: (found[path].instance is None, known[path] is None, known[path] or 0, path)
    )
    parts = [LocalPart(path, number) for number, path in enumerate(ordered)]
    instance = next((one.instance for one in found.values() if one.instance is not None), {})
    head = _facts(manifest)
    facts = (
        archive_import.source | head | {"product": "Wharf" if manifest is not None else "Cozy", "instance": instance}
    )
    wharf = WebAddress.parse(str(head.get("server", "")))
    server = wharf.hostname if wharf else str(instance.get("domain", "")) or AN_ARCHIVE
    rows = [(_row(archive_import, part), part) for part in parts]
    for row, part in rows:
        if not found[part.path].in_order and row.ordered_from is None and not row.entries:
            row.ordered_from = 0
    return ArchiveSource(server, facts["product"], rows, manifest, roots, facts, _size_of(parts), is_remote=False)


def _manifest(
    part: ArchivePart, limits: Limits, still_mine: Callable[[], None], counts: Counts, roots: Roots
) -> Manifest | None:
    try:
        return fetch(part, limits, still_mine, roots)
    except ManifestUnreadable as bad:
        _note_unreadable(str(bad), counts)
        return None


def _note_unreadable(sentence: str, counts: Counts) -> None:
    if "manifest_unreadable" not in counts.codes:
        counts.say("manifest_unreadable", sentence, entry=MANIFEST)


def _row(archive_import: ArchiveImport, part: ArchivePart) -> ImportPart:
    """Returns how far a part was read. Parts are told apart by their cursor or path; a number alone says nothing."""
    row, _ = ImportPart.objects.get_or_create(
        archive_import=archive_import, number=part.number, defaults={"cursor": part.cursor, "path": part.path}
    )
    if (row.cursor, row.path) != (part.cursor, part.path):
        raise NoArchive(OTHER_PARTS)
    return row


def is_disk_usage(doctype: str, doc_id: str) -> bool:
    """Whether a document is the one in which a Cozy says how much is in use."""
    return doc_id in (DISK_USAGE[1], "disk-usage") and doctype == DISK_USAGE[0]


def used_in(raw: bytes) -> int | None:
    """Returns the bytes in use that a document names: a number, or a decimal text, at its top or in JSON:API's
    attributes."""
    body = strict_json.object_in(raw)
    for level in ((), ("attributes",), ("data",), ("data", "attributes")):
        found: Any = body
        for name in level:
            found = found.get(name) if isinstance(found, dict) else None
        for name in USED if isinstance(found, dict) else ():
            if (size := as_count(as_size(found.get(name)))) is not None:
                return size
    return None


def _facts(manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {}
    head = {name: manifest.head.get(name) for name in SOURCE_FACTS}
    return {
        name: keepable(value)[:LONGEST_FACT] if isinstance(value, str) else value
        for name, value in head.items()
        if isinstance(value, str) or (isinstance(value, int) and abs(value) <= LARGEST_COLUMN)
    }


def _size_of(parts: list[LocalPart]) -> int:
    size = 0
    for part in parts:
        with closing(part.open()) as stream:
            size += stream.size or 0
    return size
