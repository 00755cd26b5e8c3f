"""What came of an import, as people read it: in numbers, and what could not simply be placed."""

from dataclasses import dataclass

from moves.models import ArchiveImport, ReportEntry

# What outcomes and codes mean; others are shown as they are.
OUTCOMES = {
    "created": "new here",
    "unchanged": "here already, and the same",
    "updated": "newer than what was here, which is kept as an earlier version",
    "older": "older than what is here",
    "renamed": "under a free name or identity, since another one stands where it stood",
    "refused": "could not be taken",
    "ignored": "never taken from another server",
}
CODES = {
    "directory_differs": "The end of an archive lists other entries than it has",
    "document_damaged": "Documents that arrived damaged",
    "document_too_large": "Documents that are far too large",
    "crc_differs": "Files that arrived damaged",
    "ignored": "Never taken from another server",
    "links_as_files": "Links that came as small files",
    "manifest_unreadable": "The manifest can't be read",
    "md5_differs": "Files that arrived damaged",
    "missing": "In the manifest, but not here",
    "not_in_manifest": "Not in the manifest",
    "not_there": "In the manifest, but not in the archives",
    "older": "Older than what is here",
    "other_bytes": "Files that are others than the manifest says",
    "parent_missing": "Named by others, but not in the archives",
    "refused": "Could not be taken",
    "renamed": "Under a free name or identity",
    "size_differs": "Files of another size than they say",
    "size_unknown": "Files of an unknown size",
    "stray_content": "Files without a document",
    "twice": "In the archives twice",
    "unknown_entry": "Nothing of an export",
    "updated": "Replaced by what the archive says",
}


@dataclass(frozen=True)
class Group:
    """Everything of one code: how many there are, and the first of them."""

    title: str
    number: int
    entries: list[ReportEntry]

    @property
    def unlisted(self) -> int:
        """How many are not shown."""
        return self.number - len(self.entries)


def outcomes(archive_import: ArchiveImport) -> list[tuple[str, int]]:
    """What became of how many documents, in words."""
    found = archive_import.outcomes
    known = [(words, found[name]) for name, words in OUTCOMES.items() if found.get(name)]
    return known + [(name, number) for name, number in found.items() if name not in OUTCOMES]


def groups(archive_import: ArchiveImport, most: int) -> list[Group]:
    """The report by code, at most so many entries of each."""
    codes = sorted(archive_import.codes.items(), key=lambda item: (-item[1], item[0]))
    return [
        Group(
            CODES.get(code, code.replace("_", " ").capitalize()),
            number,
            list(archive_import.report.filter(code=code).order_by("pk")[:most]),
        )
        for code, number in codes
    ]


def proven(archive_import: ArchiveImport) -> str:
    """What was compared at the end, in a sentence; empty where nothing was."""
    proof = archive_import.proof
    missing = proof.get("missing", 0)
    if proof.get("kind") == "manifest":
        if missing:
            return f"{missing} of {proof['documents']} documents that the other server lists are not here."
        merged = f", {proof['merged']} of them merged with what was here" if proof.get("merged") else ""
        return (
            f"All {proof['documents']} documents and {proof['files']} files that the other server lists are here, "
            f"compared by their SHA-256{merged}."
        )
    if proof.get("kind") == "cozy":
        return "Each file was compared with the size, MD5 and CRC that came with it."
    return ""
