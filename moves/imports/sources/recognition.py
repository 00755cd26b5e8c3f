"""What somebody has given for an export that is none, as far as its names or its first bytes tell."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from moves.archives.rubbish import is_rubbish

# By names of entries that no archive of another kind has, below whatever folder, or its own. Services say some of them
# themselves; Nextcloud's user_migration writes migrator_versions.json last.
ARCHIVES = (
    (r"(^|/)Takeout/|(^|/)archive_browser\.html$|^takeout-\d", gettext_lazy("a Google Takeout archive")),
    (
        r"(^|/)migrator_versions\.json$|\.nextcloud_export$|^nextcloud",
        gettext_lazy("a Nextcloud archive"),
    ),
    (r"(^|/)(outbox|actor|likes|bookmarks)\.json$", gettext_lazy("a Mastodon archive")),
    (
        r"(^|/)your_(facebook|instagram)_activity/|(^|/)your_activity_across_facebook/"
        r"|(^|/)followers_and_following/|(^|/)personal_information/personal_information\.|^(instagram|facebook)-",
        gettext_lazy("a Meta archive"),
    ),
    (r"(^|/)(_chat|WhatsApp Chat [^/]+)\.txt$|(^|/)WhatsApp[^/]*/|^WhatsApp", gettext_lazy("a chat of WhatsApp")),
    (r"(^|/)ChatExport_[^/]+/|(^|/)messages\d*\.html$", gettext_lazy("a chat of Telegram")),
    (r"(^|/)data/(tweets?|account)\.js$|(^|/)Your archive\.html$", gettext_lazy("an archive of X (Twitter)")),
    (
        r"(^|/)iCloud (Photos|Drive|Contacts|Calendars)|(^|/)Apple (ID|Account)",
        gettext_lazy("an archive of Apple"),
    ),
    (r"(^|/)(conversations|message_feedback)\.json$", gettext_lazy("an archive of a chat program")),
    (r"^\[Content_Types\]\.xml$|^word/|^xl/|^ppt/", gettext_lazy("a document of an office program")),
    (r"^META-INF/", gettext_lazy("a program or a book in a zip")),
    (r"^mimetype$", gettext_lazy("a document or a book in a zip")),
)
NESTED = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst)|7z|rar)$", re.IGNORECASE)
SPLIT = re.compile(r"\.(z\d\d+|zip\.\d{3,}|\d{3})$", re.IGNORECASE)  # by zip, and by programs that cut any file
PHOTOS = re.compile(r"\.(jpe?g|png|heic|gif|webp|tiff?|mp4|mov)$", re.IGNORECASE)

# By the first bytes (and where they stand, if not at the beginning) of files that are no zip and no tar.
BY_FIRST_BYTES = (
    (0, (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*"), gettext_lazy("a photo")),
    (4, (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"), gettext_lazy("a photo")),
    (8, (b"WEBP",), gettext_lazy("a photo")),
    (4, (b"ftyp",), gettext_lazy("a video")),
    (0, (b"%PDF",), gettext_lazy("a PDF")),
    (0, (b"BEGIN:VCALENDAR",), gettext_lazy("a calendar")),
    (0, (b"BEGIN:VCARD",), gettext_lazy("an address book")),
    (0, (b"From ",), gettext_lazy("a mailbox")),
    (
        0,
        (
            b"Return-Path:",
            b"Received:",
            b"Delivered-To:",
            b"X-Mozilla-",
            b"X-Apple-",
            b"MIME-Version:",
            b"Message-ID:",
            b"From:",
            b"Date:",
            b"Subject:",
        ),
        gettext_lazy("a mail"),
    ),
    (0, (b"<!DOCTYPE", b"<!doctype", b"<html"), gettext_lazy("a page of the web")),
    (0, (b"{", b"["), gettext_lazy("a JSON file")),
)
PACKED = (
    (0, (b"7z\xbc\xaf\x27\x1c",), "7z"),
    (0, (b"Rar!\x1a\x07",), "RAR"),
    (0, (b"\x28\xb5\x2f\xfd",), "zstd"),
    (0, (b"LZIP",), "lzip"),
    (0, (b"\x04\x22\x4d\x18",), "LZ4"),
    (0, (b"\x1f\x9d",), "compress"),
)


def archive_by_names(called: str, names: Iterable[str]) -> str:
    """Returns what an archive seems to be that is `called` so, by names of its entries; empty where nothing tells."""
    found, photos, others = list(names), 0, 0
    for pattern, words in ARCHIVES:
        if any(re.search(pattern, name) for name in (called, *found)):
            return str(words)
    for name in found:
        if PHOTOS.search(name):
            photos += 1
        elif not name.endswith("/"):
            others += 1
    return str(gettext_lazy("photos that somebody has packed")) if photos > others else ""


def archives_within(names: Iterable[str]) -> int:
    """Returns how many archives are in one, where there is hardly anything else."""
    found = [name for name in names if not name.endswith("/") and not is_rubbish(name)]
    archives = sum(NESTED.search(name) is not None for name in found)
    return archives if 2 * archives >= len(found) else 0


def is_piece(called: str) -> bool:
    """Whether a file is called as one of several into which an archive was cut."""
    return SPLIT.search(called) is not None


def file_by_bytes(begin: bytes) -> str:
    """Returns what a file that is no archive seems to be; empty where nothing tells."""
    return next((str(words) for at, marks, words in BY_FIRST_BYTES if begin.startswith(marks, at)), "")


def packer_by_bytes(begin: bytes) -> str:
    """Returns how a file is packed that is packed in a way nobody here unpacks; empty where it is not."""
    return next((name for at, marks, name in PACKED if begin.startswith(marks, at)), "")
