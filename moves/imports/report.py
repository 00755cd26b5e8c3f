"""What came of an import, as people read it: in numbers, and what could not simply be placed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext, ngettext

from accounts.sizes import as_count, human_size
from moves import counted
from moves.models import ArchiveImport, ReportEntry

# What outcomes and codes mean; others are shown as they are.
OUTCOME_WORDS = {
    "created": "new here",
    "unchanged": "here already and the same, or made anew by every export",
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
    "part_short": "Parts of the archive that may lack files",
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
    """Returns what became of how many documents, in words."""
    found = archive_import.outcomes
    known = [(words, found[name]) for name, words in OUTCOME_WORDS.items() if found.get(name)]
    return known + [(name, number) for name, number in found.items() if name not in OUTCOME_WORDS]


def groups(archive_import: ArchiveImport, most: int, only: str = "") -> list[Group]:
    """Returns the report by code, at most so many entries of each. `only`: what is reported under this code."""
    codes = sorted(archive_import.codes.items(), key=lambda item: (-item[1], item[0]))
    codes = [(code, number) for code, number in codes if only in ("", code)]
    return [
        Group(
            CODES.get(code, code.replace("_", " ").capitalize()),
            number,
            list(archive_import.report.filter(code=code).order_by("pk")[:most]),
        )
        for code, number in codes
    ]


def ended(archive_import: ArchiveImport) -> str:
    """Returns how an import has ended, in a sentence that never says done where anything is missing."""
    if archive_import.state == ArchiveImport.State.INCOMPLETE:
        missing = archive_import.missing
        return ngettext(
            "It is done, but %(missing)s document or file is missing: the report says which.",
            "It is done, but %(missing)s documents or files are missing: the report says which.",
            missing,
        ) % {"missing": f"{missing:,}"}
    return gettext("It is done.") if archive_import.state == ArchiveImport.State.DONE else archive_import.error


def proven(archive_import: ArchiveImport) -> str:
    """Returns what was compared at the end, in a sentence; empty where nothing was."""
    proof = archive_import.proof
    if proof.get("kind") != "manifest":
        return " ".join(without_list(proof, with_numbers=False))
    documents, missing, merged = proof["documents"], proof.get("missing", 0), proof.get("merged", 0)
    numbers = {
        "documents": f"{documents:,}",
        "files": counted.files(proof["files"]),
        "missing": f"{missing:,}",
        "merged": f"{merged:,}",
    }
    if missing:
        sentence = ngettext(
            "%(missing)s of %(documents)s documents that the other server lists is not here.",
            "%(missing)s of %(documents)s documents that the other server lists are not here.",
            missing,
        )
    elif merged:
        sentence = ngettext(
            "%(documents)s document and %(files)s that the other server lists are here, compared by their SHA-256, "
            "%(merged)s of them merged with what was here.",
            "All %(documents)s documents and %(files)s that the other server lists are here, compared by their "
            "SHA-256, %(merged)s of them merged with what was here.",
            documents,
        )
    else:
        sentence = ngettext(
            "%(documents)s document and %(files)s that the other server lists are here, compared by their SHA-256.",
            "All %(documents)s documents and %(files)s that the other server lists are here, compared by their "
            "SHA-256.",
            documents,
        )
    return sentence % numbers


def brought(documents: int, files: int, size: int) -> str:
    """Returns what the documents of an archive tell of, in a sentence: how many of them are of files and their earlier
    versions, which have so many bytes, and how many are others."""
    others = documents - files
    return ngettext(
        "What came tells of %(files)s and earlier versions, %(size)s in all, and has %(others)s other document: "
        "a folder, a contact, an album or the like.",
        "What came tells of %(files)s and earlier versions, %(size)s in all, and has %(others)s other documents: "
        "folders, contacts, albums and the like.",
        others,
    ) % {"files": counted.files(files), "size": human_size(size), "others": f"{others:,}"}


def came(archive_import: ArchiveImport) -> str:
    """Returns what an import has brought, in sentences: all that it tells of, and how much of that was not here."""
    sums = archive_import.parts.aggregate(files=Sum("files_count"), size=Sum("files_size"))
    files, new = sums["files"] or 0, archive_import.files_count
    said = brought(archive_import.documents, files, sums["size"] or 0)
    if not files or new == files:
        return said
    sentence = gettext("The bytes of %(new)s, %(size)s, were fetched; the others were here already, or did not come.")
    return f"{said} {sentence % {'new': counted.files(new), 'size': human_size(archive_import.files_size)}}"


def without_list(proof: dict[str, Any], *, with_numbers: bool = True) -> list[str]:
    """Returns what was compared of archives that came without a list of what they should have, and what nobody can
    prove, in sentences; none for other proofs. The numbers may be another server's. `with_numbers`: with what came."""
    if proof.get("kind") != "cozy":
        return []
    documents, files, size, missing, short = (
        as_count(proof.get(name)) or 0 for name in ("documents", "files", "size", "missing", "short_parts")
    )
    compared = gettext(
        "Each file was compared with the size and, where it was given, the MD5 that the other server says, and with "
        "the archive's CRC; directories and albums that others name were looked for."
    )
    found = [f"{brought(documents, files, size)} {compared}" if with_numbers else compared]
    if missing:
        found.append(
            ngettext(
                "%(missing)s of all that arrived damaged, or without something that belongs to it.",
                "%(missing)s of all that arrived damaged, or without something that belongs to it.",
                missing,
            )
            % {"missing": f"{missing:,}"}
        )
    if isinstance(proof.get("used"), int):
        found.append(_against_use(size, as_count(proof["used"]) or 0))
    if short:
        found.append(
            ngettext(
                "%(parts)s part of the archive held less than it should, also when fetched again: files may be missing "
                "from there.",
                "%(parts)s parts of the archive held less than they should, also when fetched again: files may be "
                "missing from there.",
                short,
            )
            % {"parts": f"{short:,}"}
        )
    found.append(
        gettext(
            "Nobody can prove that nothing was left out, since no list came of what the other server has. So compare "
            "these numbers with what it shows before your data is deleted there."
        )
    )
    return found


def _against_use(size: int, used: int) -> str:
    if size < used:
        sentence = gettext("That is %(less)s less than the %(used)s that are in use there, as its archive says.")
    elif size == used:
        sentence = gettext("That is exactly the %(used)s that are in use there, as its archive says.")
    else:
        sentence = gettext("That is no less than the %(used)s that are in use there, as its archive says.")
    return sentence % {"less": human_size(max(0, used - size)), "used": human_size(used)}
