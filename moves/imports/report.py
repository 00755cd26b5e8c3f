"""What came of an import, as people read it: in numbers, and what could not simply be placed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.numbers import thousands
from accounts.sizes import as_count, human_size
from accounts.texts import Text, translated
from moves import counted
from moves.models import ArchiveImport, ReportEntry

# What outcomes and codes mean; others are shown as they are.
OUTCOME_WORDS = {
    "created": _("new here"),
    "unchanged": _("here already and the same, or made anew by every export"),
    "updated": _("newer than what was here, which is kept as an earlier version"),
    "older": _("older than what is here"),
    "renamed": _("under a free name or identity, since another one stands where it stood"),
    "refused": _("could not be taken"),
    "ignored": _("never taken from another server"),
}
CODES = {
    "bytes_behind": _("Bytes behind"),
    "crc_differs": _("Files that arrived damaged"),
    "dictionary_too_large": _("Dictionary too large"),
    "directory_differs": _("The end of an archive lists other entries than it has"),
    "document_damaged": _("Descriptions that arrived damaged"),
    "document_too_large": _("Descriptions that are far too large"),
    "encrypted": _("Encrypted"),
    "end_differs": _("End differs"),
    "entry_damaged": _("Entry damaged"),
    "entry_swells": _("Entry swells"),
    "ignored": _("Never taken from another server"),
    "kind_unknown": _("Kind unknown"),
    "link": _("Link"),
    "links_as_files": _("Links that came as small files"),
    "manifest_unreadable": _("The manifest can't be read"),
    "md5_differs": _("Files that arrived damaged"),
    "method_unknown": _("Method unknown"),
    "missing": _("In the manifest, but not here"),
    "name_empty": _("Name empty"),
    "name_too_deep": _("Name too deep"),
    "name_too_long": _("Name too long"),
    "name_unreadable": _("Name unreadable"),
    "name_unsafe": _("Name unsafe"),
    "not_in_manifest": _("Not in the manifest"),
    "not_there": _("In the manifest, but not in the archives"),
    "older": _("Older than what is here"),
    "other_bytes": _("Files that are others than the manifest says"),
    "parent_missing": _("Named by others, but not in the archives"),
    "part_short": _("Parts of the archive that may lack files"),
    "refused": _("Could not be taken"),
    "renamed": _("Under a free name or identity"),
    "size_differs": _("Files of another size than they say"),
    "size_unknown": _("Files of an unknown size"),
    "sizes_lie": _("Sizes lie"),
    "sparse_file": _("Sparse file"),
    "special_file": _("Special file"),
    "stray_content": _("Files that nothing describes"),
    "twice": _("In the archives twice"),
    "unknown_entry": _("Nothing of an export"),
    "updated": _("Replaced by what the archive says"),
}


@dataclass(frozen=True)
class Group:
    """Everything of one code: how many there are, and the first of them."""

    title: Text
    number: int
    entries: list[ReportEntry]

    @property
    def unlisted(self) -> int:
        """How many are not shown."""
        return self.number - len(self.entries)


def outcomes(archive_import: ArchiveImport) -> list[tuple[Text, int]]:
    """Returns what became of how many things, in words."""
    found = archive_import.outcomes
    known: list[tuple[Text, int]] = [(words, found[name]) for name, words in OUTCOME_WORDS.items() if found.get(name)]
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
            "It is done, but %(missing)s thing is missing: the report says which.",
            "It is done, but %(missing)s things are missing: the report says which.",
            missing,
        ) % {"missing": thousands(missing)}
    return (
        gettext("It is done.") if archive_import.state == ArchiveImport.State.DONE else translated(archive_import.error)
    )


def proven(archive_import: ArchiveImport) -> str:
    """Returns what was compared at the end, in a sentence; empty where nothing was."""
    proof = archive_import.proof
    if proof.get("kind") != "manifest":
        return " ".join(without_list(proof, with_numbers=False))
    documents, missing, merged = proof["documents"], proof.get("missing", 0), proof.get("merged", 0)
    numbers = {
        "documents": thousands(documents),
        "files": counted.files(proof["files"]),
        "missing": thousands(missing),
        "merged": thousands(merged),
    }
    if missing:
        sentence = ngettext(
            "%(missing)s thing that the other server lists is not here.",
            "%(missing)s things that the other server lists are not here.",
            missing,
        )
    elif merged:
        sentence = ngettext(
            "%(documents)s thing and the bytes of %(files)s that the other server lists are here, compared by their "
            "SHA-256, %(merged)s of them merged with what was here.",
            "All %(documents)s things and the bytes of %(files)s that the other server lists are here, compared by "
            "their SHA-256, %(merged)s of them merged with what was here.",
            documents,
        )
    else:
        sentence = ngettext(
            "%(documents)s thing and the bytes of %(files)s that the other server lists are here, compared by their "
            "SHA-256.",
            "All %(documents)s things and the bytes of %(files)s that the other server lists are here, compared by "
            "their SHA-256.",
            documents,
        )
    return sentence % numbers


def checked(archive_import: ArchiveImport) -> tuple[str, str]:
    """Returns what was compared at the end in two parts: what that comes to, and how it was done, for experts."""
    proof = archive_import.proof
    if proof.get("kind") != "manifest":
        how, *rest = without_list(proof, with_numbers=False) or [""]
        return " ".join(rest), how
    if proof.get("missing"):
        return proven(archive_import), ""
    return gettext("All that the other server lists is here."), proven(archive_import)


def brought(documents: int, files: int, size: int) -> str:
    """Returns what the documents of an archive tell of, in a sentence: how many of them are of files and their earlier
    versions, which have so many bytes, and how many are others."""
    others = documents - files
    return ngettext(
        "What came tells of %(files)s and earlier versions, %(size)s in all, and has %(others)s other thing: "
        "a folder, a contact, an album or the like.",
        "What came tells of %(files)s and earlier versions, %(size)s in all, and has %(others)s other things: "
        "folders, contacts, albums and the like.",
        others,
    ) % {"files": counted.files(files), "size": human_size(size), "others": thousands(others)}


def in_short(archive_import: ArchiveImport) -> str:
    """Returns what an import has brought, as a list of imports says it in a line."""
    if archive_import.missing and archive_import.reported:
        said = gettext(
            "Done, but %(missing)s missing: %(documents)s, with the bytes of %(files)s (%(size)s); %(reported)s to be "
            "looked at"
        )
    elif archive_import.missing:
        said = gettext("Done, but %(missing)s missing: %(documents)s, with the bytes of %(files)s (%(size)s)")
    elif archive_import.reported:
        said = gettext("%(documents)s, with the bytes of %(files)s (%(size)s); %(reported)s to be looked at")
    else:
        said = gettext("%(documents)s, with the bytes of %(files)s (%(size)s)")
    return said % {
        "missing": thousands(archive_import.missing),
        "documents": counted.things(archive_import.documents),
        "files": counted.files(archive_import.files_count),
        "size": human_size(archive_import.files_size),
        "reported": thousands(archive_import.reported),
    }


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
            % {"missing": thousands(missing)}
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
            % {"parts": thousands(short)}
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
