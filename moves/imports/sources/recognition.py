"""What somebody has given for an export that is none, as far as its names or its first bytes tell."""

import re
from collections.abc import Iterable

from accounts.texts import kept_text
from importers.rubbish import is_rubbish

OF_AN_OFFICE_PROGRAM = kept_text("a document of an office program")
A_CALENDAR, AN_ADDRESS_BOOK = kept_text("a calendar"), kept_text("an address book")
A_MAILBOX = kept_text("a mailbox")
BLANK = rb"(?:\xef\xbb\xbf)?\s*"  # that texts may begin with

# By names of entries that no archive of another kind has, below whatever folder, or its own. Services say some of them
# themselves; Nextcloud's user_migration writes migrator_versions.json last.
ARCHIVES = (
    (r"(^|/)Takeout/|(^|/)archive_browser\.html$|^takeout-\d", kept_text("a Google Takeout archive")),
    (
        r"(^|/)migrator_versions\.json$|\.nextcloud_export$|^nextcloud",
        kept_text("a Nextcloud archive"),
    ),
    (r"(^|/)(outbox|actor|likes|bookmarks)\.json$", kept_text("a Mastodon archive")),
    (
        r"(^|/)your_(facebook|instagram)_activity/|(^|/)your_activity_across_facebook/"
        r"|(^|/)followers_and_following/|(^|/)personal_information/personal_information\.|^(instagram|facebook)-",
        kept_text("a Meta archive"),
    ),
    (r"(^|/)(_chat|WhatsApp Chat [^/]+)\.txt$|(^|/)WhatsApp[^/]*/|^WhatsApp", kept_text("a chat of WhatsApp")),
    (r"(^|/)ChatExport_[^/]+/|(^|/)messages\d*\.html$", kept_text("a chat of Telegram")),
    (r"(^|/)data/(tweets?|account)\.js$|(^|/)Your archive\.html$", kept_text("an archive of X (Twitter)")),
    (
        r"(^|/)iCloud (Photos|Drive|Contacts|Calendars)|(^|/)Apple (ID|Account)",
        kept_text("an archive of Apple"),
    ),
    (r"(^|/)Basic_LinkedInDataExport|^Connections\.csv$", kept_text("an archive of LinkedIn")),
    (r"(^|/)servers/index\.json$|(^|/)messages/c\d+/", kept_text("an archive of Discord")),
    (r"^(channels|integration_logs)\.json$", kept_text("an archive of Slack")),
    (r"(^|/)photo_\d+\.json$", kept_text("an archive of Flickr")),
    (r"(^|/)(conversations|message_feedback)\.json$", kept_text("an archive of a chat program")),
    (r"^\[Content_Types\]\.xml$|^word/|^xl/|^ppt/", OF_AN_OFFICE_PROGRAM),
    (r"^META-INF/", kept_text("a program or a book in a zip")),
    (r"^mimetype$", kept_text("a document or a book in a zip")),
)
PACKED_PHOTOS = kept_text("photos that somebody has packed")
NESTED = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst)|7z|rar)$", re.IGNORECASE)
SPLIT = re.compile(r"\.(z\d\d+|zip\.\d{3,}|\d{3})$", re.IGNORECASE)  # by zip, and by programs that cut any file
PHOTOS = re.compile(
    r"\.(jpe?g|png|hei[cf]|avif|jxl|gif|webp|tiff?|bmp|dng|cr[23]|nef|arw|orf|rw2|raf|pef|srw|mp4|mov|m4v|avi|mkv|3gp)$",
    re.IGNORECASE,
)

# Suffixes by which an archive of hardly anything else is recognised.
SUFFIXES = (
    (PHOTOS, PACKED_PHOTOS),
    (re.compile(r"\.ics$", re.IGNORECASE), A_CALENDAR),
    (re.compile(r"\.vcf$", re.IGNORECASE), AN_ADDRESS_BOOK),
    (re.compile(r"\.mbox$|(^|/)mbox$", re.IGNORECASE), A_MAILBOX),
)

# By the first bytes of files that are no zip and no tar: pictures of cameras and of programs, films, and texts, with or
# without a byte order mark.
BY_FIRST_BYTES = (
    (
        rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|II(?:[*+U]\0|R[OS])|MM(?:\0[*+]|OR)|BM.{4}\0{4}|RIFF.{4}WEBP|FUJIFILMCCD|8BPS"
        rb"|\0\0\0\x0cJXL |\xff\x0a|.{4}ftyp(?:hei[cxms]|hev[cxms]|mif[12]|msf1|avi[fs]|crx |jxl )",
        kept_text("a photo"),
    ),
    (rb"ID3|fLaC|OggS|RIFF.{4}WAVE|\xff[\xfb\xf3\xf2]|.{4}ftypM4[AB] ", kept_text("a sound recording")),
    (rb".{4}ftyp|.{4}(?:moov|wide|mdat)|RIFF.{4}AVI |\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]", kept_text("a video")),
    (rb"%PDF", kept_text("a PDF")),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf", OF_AN_OFFICE_PROGRAM),
    (rb"SQLite format 3\0", kept_text("a database of a program")),
    (rb"(?i:%sBEGIN:VCALENDAR)" % BLANK, A_CALENDAR),
    (rb"(?i:%sBEGIN:VCARD)" % BLANK, AN_ADDRESS_BOOK),
    (rb"From ", A_MAILBOX),
    (
        rb"(?i:Return-Path:|Received:|Delivered-To:|X-Mozilla-|X-Apple-|MIME-Version:|Message-ID:|From:|Date:|Subject:)",
        kept_text("a mail"),
    ),
    (rb"(?i:%s(?:<\?xml[^>]*\?>\s*)?<(?:!DOCTYPE html|html))" % BLANK, kept_text("a page of the web")),
    (rb"%s(?:\{\s*[\"}]|\[\s*[\[{\"\]\w-])" % BLANK, kept_text("a JSON file")),
)
PACKED = (
    (0, (b"7z\xbc\xaf\x27\x1c",), "7z"),
    (0, (b"Rar!\x1a\x07",), "RAR"),
    (0, (b"\x28\xb5\x2f\xfd",), "zstd"),
    (0, (b"LZIP",), "lzip"),
    (0, (b"\x04\x22\x4d\x18",), "LZ4"),
    (0, (b"\x1f\x9d",), "compress"),
    (0, (b"MSCF",), "CAB"),
    (0, (b"070701", b"070702", b"070707"), "cpio"),
    (0, (b"xar!",), "xar"),
)


def archive_by_names(called: str, names: Iterable[str]) -> str:
    """Returns what an archive seems to be that is `called` so, by names of its entries; empty where nothing tells."""
    found = list(names)
    for pattern, words in ARCHIVES:
        if any(re.search(pattern, name) for name in (called, *found)):
            return words
    files = [name for name in found if not name.endswith("/") and not is_rubbish(name)]
    for suffix, words in SUFFIXES:
        if 2 * sum(suffix.search(name) is not None for name in files) > len(files):
            return words
    return ""


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
    return next((words for mark, words in BY_FIRST_BYTES if re.match(mark, begin, re.DOTALL)), "")


def packer_by_bytes(begin: bytes) -> str:
    """Returns how a file is packed that is packed in a way nobody here unpacks; empty where it is not."""
    return next((name for at, marks, name in PACKED if begin.startswith(marks, at)), "")
