"""What somebody has given for an export that is none, as far as its names or its first bytes tell."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext_lazy

# By names of entries that no archive of another kind has, below whatever folder, or its own. Services say some of them
# themselves; Nextcloud's user_migration writes migrator_versions.json last.
ARCHIVES = (
    (r"(^|/)Takeout/|(^|/)archive_browser\.html$|^takeout-\d", gettext_lazy("a Google Takeout archive")),
    (
        r"(^|/)migrator_versions\.json$|\.nextcloud_export$|^nextcloud",
        gettext_lazy("a Nextcloud archive"),
    ),
    (r"(^|/)(outbox|actor|likes|bookmarks)\.json$", gettext_lazy("a Mastodon archive")),
    (r"(^|/)your_(facebook|instagram)_activity/|(^|/)your_activity_across_facebook/", gettext_lazy("a Meta archive")),
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
    (0, (b"<!DOCTYPE", b"<!doctype", b"<html"), gettext_lazy("a page of the web")),
    (0, (b"{", b"["), gettext_lazy("a JSON file")),
)
PACKED = (
    (0, (b"7z\xbc\xaf\x27\x1c",), "7z"),
    (0, (b"Rar!\x1a\x07",), "RAR"),
    (0, (b"\xfd7zXZ\0",), "xz"),
    (0, (b"BZh",), "bzip2"),
    (0, (b"\x28\xb5\x2f\xfd",), "zstd"),
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


def file_by_bytes(begin: bytes) -> str:
    """Returns what a file that is no archive seems to be; empty where nothing tells."""
    return next((str(words) for at, marks, words in BY_FIRST_BYTES if begin.startswith(marks, at)), "")


def packer_by_bytes(begin: bytes) -> str:
    """Returns how a file is packed that is packed in a way nobody here unpacks; empty where it is not."""
    return next((name for at, marks, name in PACKED if begin.startswith(marks, at)), "")
