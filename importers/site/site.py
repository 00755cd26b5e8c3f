"""What all pages of one archive's site share: what leads where, and what is found."""

from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import Protocol

from django.template.loader import render_to_string
from django.utils.translation import gettext

from importers.documents.snapshot import Snapshot
from importers.site.search import SearchIndex
from importers.site.texts import Clock, address, escape, given, paragraph

UP = "../../../"  # from a page to the folder that everything is in
MOST_SAID = 20_000  # characters of a text that a page shows
MOST_HTML = 100_000  # characters of its HTML
TITLE, BODY = "\ue000title\ue000", "\ue000body\ue000"  # where a frame has them
# What browsers show, or save, and never run; what has no type they take for text. Files of any other type are found by
# their folder: a page or a picture in XML has scripts, and no browser saves what a page from a disk says it should.
OPENED = frozenset(
    [
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "apng",
        "gif",
        "webp",
        "avif",
        "bmp",
        "ico",
        "heic",
        "heif",
        "tif",
        "tiff",
        "jxl",
        "jp2",
        "psd",
        "raw",
        "cr2",
        "cr3",
        "nef",
        "arw",
        "dng",
        "mp4",
        "m4v",
        "mov",
        "qt",
        "webm",
        "mkv",
        "avi",
        "mpg",
        "mpeg",
        "3gp",
        "3g2",
        "ogv",
        "mts",
        "wmv",
        "flv",
        "mp3",
        "m4a",
        "aac",
        "ogg",
        "oga",
        "opus",
        "wav",
        "flac",
        "wma",
        "mid",
        "aiff",
        "pdf",
        "txt",
        "text",
        "md",
        "log",
        "csv",
        "tsv",
        "json",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "odt",
        "ods",
        "odp",
        "rtf",
        "pages",
        "numbers",
        "key",
        "epub",
        "mobi",
        "zip",
        "gz",
        "tgz",
        "bz2",
        "xz",
        "7z",
        "rar",
        "tar",
        "ics",
        "vcf",
        "eml",
        "mbox",
        "m3u",
        "m3u8",
        "ttf",
        "otf",
        "woff",
        "woff2",
    ]
)
PICTURES = frozenset(("jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "avif", "bmp"))


class ArchivePaths(Protocol):
    """Where things are in the archive, from the folder that everything is in."""

    def file(self, doc_id: str, sha256: str) -> str:
        """Returns the path of the file with these bytes whose document has this id; empty where it has none."""

    def only_file_named(self, name: str) -> str:
        """Returns the path of the file that came under this name; empty where none did, or several."""

    def document(self, doctype: str, doc_id: str) -> str:
        """Returns the path of a document."""


@dataclass(frozen=True)
class NavigationLink:
    """A part of the site: what it is called, and where it begins, below `pages`."""

    title: str
    path: str
    count: int = 0


@dataclass
class Site:
    """One archive's site, while it is written. `links`: its parts."""

    snapshot: Snapshot
    zone: tzinfo
    paths: ArchivePaths
    links: list[NavigationLink] = field(default_factory=list)
    index: SearchIndex = field(default_factory=SearchIndex)

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.zone)

    def frame(self, current: str, *, root: str = "../", searches: bool = False) -> "Frame":
        """Returns what stands around the pages of a part; `root`: from there to `pages`."""
        words = {
            "title": TITLE,
            "body": BODY,
            "root": root,
            "links": [(link.title, f"{root}{link.path}", link.path == current) for link in self.links],
            "current": current,
            "zone": str(self.zone),
            "searches": searches,
        }
        return Frame(render_to_string("importers/site_frame.html", words))

    def file(self, doc_id: str, sha256: str) -> str:
        """Returns the address of a file from a page; empty where the archive has none."""
        path = self.paths.file(doc_id, sha256)
        return f"{UP}{address(path)}" if path else ""

    def file_named(self, name: str) -> str:
        """Returns the address of the one file that came under this name; empty where it isn't one."""
        path = self.paths.only_file_named(name) if name else ""
        return f"{UP}{address(path)}" if path else ""

    def said(self, text: str, doctype: str, doc_id: str) -> str:
        """Returns a text as far as a page shows it, and where it goes on, a link to the document that has all of it."""
        shown = text[:MOST_SAID]
        while len(html := paragraph(shown)) > MOST_HTML:
            shown = shown[: len(shown) // 2]
        if len(shown) == len(text):
            return html
        words = escape(gettext("It goes on. All of it is in this file."))
        return f'{html}<p class="small"><a href="{self.document(doctype, doc_id)}">{words}</a></p>'

    def document(self, doctype: str, doc_id: str) -> str:
        """Returns the address of a document from a page."""
        return f"{UP}{address(self.paths.document(doctype, doc_id))}"


class Frame:
    """What stands around the pages of a part of the site."""

    def __init__(self, html: str) -> None:
        self._before, rest = html.split(TITLE)
        self._between, self._after = rest.split(BODY)

    def page(self, title: str, body: str) -> bytes:
        """Returns a page. `title` is escaped already."""
        html = f"{self._before}{title}{self._between}{body}{self._after}"
        return html.encode(errors="replace")


def suffix_of_path(path: str) -> str:
    """Returns the type of a file by its name, in small letters; empty where it says none."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return suffix.lower() if dot and stem else ""


def is_opened(path: str) -> bool:
    """Returns whether a page may lead to a file itself, and not only to its folder (see `OPENED`)."""
    suffix = suffix_of_path(path)
    return not suffix or suffix in OPENED


def is_picture(path: str) -> bool:
    """Returns whether browsers show a file as a picture."""
    return suffix_of_path(path) in PICTURES


def file_link(href: str, name: str) -> str:
    """Returns a link to the file at this address, or to the folder that it is in."""
    if is_opened(href):
        return f'<a href="{href}">{given(name)}</a>'
    words = escape(gettext("Open its folder"))
    return f'{given(name)} <a class="quiet" href="{href.rpartition("/")[0]}/">{words}</a>'
