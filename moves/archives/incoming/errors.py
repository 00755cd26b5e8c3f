"""What can be wrong with an archive that came in, as values: a code for programs, a sentence for people."""

from dataclasses import dataclass

from accounts.texts import kept_text


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry, or an archive, can't be had. The sentence stands after the name of the entry or archive."""

    code: str
    sentence: str


BYTES_BEHIND = Problem("bytes_behind", kept_text("Bytes follow behind the end of the archive, and were not read."))
BREAKS_OFF = kept_text("The archive breaks off after %(at)s bytes, before its end.")


class ArchiveError(Exception):
    """Something in an archive is not as it must be."""

    def __init__(self, code: str, sentence: str) -> None:
        self.problem = Problem(code, sentence)
        super().__init__(sentence)


class EntryDamaged(ArchiveError):
    """The bytes of this entry are not those that the archive promises. The next one may be well."""


class EntryRefused(ArchiveError):
    """This entry is none that is taken in. The next one may be."""


class ArchiveCut(ArchiveError):
    """The archive ends before its end."""

    def __init__(self, at: int) -> None:
        super().__init__("archive_cut", BREAKS_OFF % {"at": at})


class ArchiveDamaged(ArchiveError):
    """Nothing behind this place can be read."""


class ArchiveRefused(ArchiveError):
    """It is more than the settings allow."""


class NotAnArchive(ArchiveError):
    """It is neither a zip nor a tar. `begin`: its first bytes."""

    def __init__(self, code: str, sentence: str, begin: bytes = b"") -> None:
        super().__init__(code, sentence)
        self.begin = begin
