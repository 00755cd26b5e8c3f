"""What people can use without any server: standard formats, and a site that shows what is in the archive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext

from accounts.languages import in_language_of
from accounts.local_times import zone_of
from accounts.models import User
from importers.documents.doctypes import FILES
from importers.documents.snapshot import Snapshot
from importers.formats.format import Format, FormatBytes, Write
from importers.site import assets, texts
from importers.site.listing import SiteList
from importers.site.site import NavigationLink, Site
from importers.vertical import Vertical, verticals
from moves.exports.archive_files import ArchiveFiles
from moves.exports.file_pages import file_pages
from moves.exports.sizes import Wants

PAGES = "pages"  # the folder of all pages but the first one
NAMED_FILES = 30_000  # bytes of the paths of a format's files that the first page names


@dataclass
class FormatFiles:
    """The files of one format that the first page names, each by a name that people read and its path beside the page;
    and how many there are."""

    format: Format
    files: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0
    _size: int = 0

    def note(self, name: str) -> str:
        """Returns the path of a file, which the page will name if it is among the first."""
        path = f"{self.format.folder}/{name}"
        self.count += 1
        self._size += len(path.encode())
        if self._size < NAMED_FILES:
            self.files.append((name.rpartition(".")[0] or name, path))
        return path

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are named."""
        return self.count > len(self.files)


def files(
    snapshot: Snapshot, wants: Wants, listed: ArchiveFiles | None, taken_at: datetime
) -> Iterator[tuple[str, FormatBytes]]:
    """Yields name and bytes of each file; the bytes must be read before the next file is asked for. Without `listed`,
    which says where the files of the archive are, there are no pages.

    Formats tell of the records and of nothing else, neither of the server nor of the day: whoever takes the archive in
    and out again has the same files. So do pages, but for the first one, which says whose they are, and of which
    moment, and for the person's language and the zone of their clock.
    """
    written: list[FormatFiles] = []
    for vertical, one, write in _formats(wants):
        if not vertical.has_any(snapshot):
            continue
        noted = FormatFiles(one)
        written.append(noted)
        for name, content in write(snapshot):
            yield noted.note(name), content
    if listed is not None:
        yield from _in_language_of(snapshot.owner, _site(snapshot, wants, listed, taken_at, written))


def _formats(wants: Wants) -> Iterator[tuple[Vertical, Format, Write]]:
    """Yields the formats of what is wanted whole, and those that go with them: all files of these, since the archive
    has none of them elsewhere."""
    whole = [one for one in verticals() if all(wants(kind.doctype) for kind in one.kinds)]
    taken = [one for vertical in whole for one in vertical.formats if one.in_archives]
    for vertical in verticals():
        for one in vertical.formats:
            if one in taken:
                yield vertical, one, one.write
            elif one.in_archives and any(map(one.goes_with, taken)):
                yield vertical, one, one.files


def _in_language_of(owner: User, files: Iterator[tuple[str, FormatBytes]]) -> Iterator[tuple[str, FormatBytes]]:
    """Yields files that are made in a person's language; whoever takes them stays in their own."""
    while True:
        with in_language_of(owner):
            one = next(files, None)
        if one is None:
            return
        yield one


def _site(
    snapshot: Snapshot, wants: Wants, listed: ArchiveFiles, taken_at: datetime, written: list[FormatFiles]
) -> Iterator[tuple[str, FormatBytes]]:
    """Yields the pages, their search, and last the first page."""
    owner = snapshot.owner
    site = Site(snapshot, zone_of(owner) or UTC, listed)
    parts = _parts(snapshot, wants)
    site.links = [NavigationLink(str(part.title), f"{part.name}/index.html", count) for part, count in parts]
    if wants(FILES) and listed.count:
        site.links.append(NavigationLink(gettext("Files"), "files/index.html", listed.count))
    for part, count in parts:
        for path, page in part.pages(site, count):
            yield f"{PAGES}/{path}", iter([page])
    if wants(FILES) and listed.count:
        for path, page in file_pages(site, listed):
            yield f"{PAGES}/{path}", iter([page])
    if not site.index.is_empty:
        path, page = site.index.take()
        yield f"{PAGES}/{path}", iter([page])
    if site.index.chunks:
        body = render_to_string("moves/site_search.html", {"chunks": site.index.chunks})
        page = site.frame("search.html", root="", searches=True).page(gettext("Search"), body)
        yield f"{PAGES}/search.html", iter([page])
        yield f"{PAGES}/search.js", iter([assets.SEARCH.read_bytes()])
    yield f"{PAGES}/site.css", iter([assets.STYLE.read_bytes()])
    day = site.clock.day(taken_at)
    words = {
        "who": owner.called,
        "email": owner.email,
        "host": urlsplit(settings.WHARF_BASE_URL).netloc,
        "at": site.clock.moment(taken_at),
        "day": day,
        "zone": str(site.zone),
        "links": site.links,
        "pages": PAGES,
        "has_search": bool(site.index.chunks),
        "formats": [one for one in written if one.files],
        "is_whole": all(wants(kind.doctype) for vertical in verticals() for kind in vertical.kinds),
    }
    home = site.frame("", root=f"{PAGES}/").page(
        gettext("Everything of %(who)s, %(day)s") % {"who": texts.plain(owner.called), "day": day},
        render_to_string("moves/site_home.html", words),
    )
    yield "index.html", iter([home])


def _parts(snapshot: Snapshot, wants: Wants) -> list[tuple[SiteList, int]]:
    """The parts of the site that have something in them, and how much."""
    wanted = (part for one in verticals() for part in one.site if all(wants(kind.doctype) for kind in part.kinds))
    counted = ((part, part.count(snapshot)) for part in wanted)
    return [(part, count) for part, count in counted if count]
