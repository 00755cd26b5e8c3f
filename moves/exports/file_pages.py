"""The tree of the files of an archive, as pages of its site: one, or several, for each directory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.sizes import human_size
from importers.site.listing import PagedList, SiteEntry, SiteList, SitePage, as_found
from importers.site.search import Finding
from importers.site.site import UP, Site, file_link
from importers.site.texts import address, escape, given
from moves.exports.archive_files import ArchiveFiles, ListedDirectory, ListedFile

MOST_PATH = 300  # characters of a path that is found
FOUND_ELSEWHERE = Finding("", "", "")
FOLDER = '<svg class="folder" viewBox="0 0 24 24" aria-hidden="true"><path d="M3 6h6l2 2h10v10H3z"/></svg>'


class DirectoryEntries(SiteList):
    """What is in one directory: directories, and links to files."""

    name = "files"
    title = _("Files")
    most = 500
    opening = '<ul class="card lines files">'

    def entry(self, site: Site, row: ListedDirectory | ListedFile, beside: Any) -> SiteEntry:
        if isinstance(row, ListedDirectory):
            html = f'<span class="what">{FOLDER}<a href="{stem_of(row.number)}.html">{given(row.name)}</a></span>'
            return SiteEntry(html, as_found(row.name, "", ""))
        day = site.clock.day(datetime.fromtimestamp(row.modified, UTC))
        size = escape(_size(get_language(), row.size))
        html = (
            f'<span class="what">{file_link(f"{UP}{address(row.path)}", row.name)}</span>'
            f'<span class="quiet small">{day}</span><span class="size quiet small">{size}</span>'
        )
        if row.is_shown:
            return SiteEntry(html, FOUND_ELSEWHERE)
        where = row.path.rpartition("/")[0].removeprefix("Files").removeprefix("/")
        return SiteEntry(html, as_found(row.name, where[:MOST_PATH], day))


def file_pages(site: Site, files: ArchiveFiles) -> Iterator[SitePage]:
    """Yields the pages of all directories."""
    shows = DirectoryEntries()
    for directory in files.directories():
        crumbs, title = "", str(DirectoryEntries.title)
        if directory.number:
            title = directory.name
            crumbs = _crumbs(files.above(directory))
        stem = stem_of(directory.number) if directory.number else ""
        listing = PagedList(
            site, "files", title, shows, 0 if directory.number else files.count, stem=stem, above=crumbs
        )
        yield from listing.pages(files.within(directory.number))


def stem_of(number: int) -> str:
    """Returns what the pages of a directory are called."""
    return f"folder-{number}"


def _crumbs(above: list[ListedDirectory]) -> str:
    """Where a directory is."""
    links = [f'<li><a href="index.html">{escape(str(DirectoryEntries.title))}</a></li>']
    links += [f'<li><a href="{stem_of(one.number)}.html">{given(one.name)}</a></li>' for one in above]
    return f'<nav class="crumbs" aria-label="{escape(gettext("Where you are"))}"><ol>{"".join(links)}</ol></nav>'


@lru_cache(maxsize=4_096)
def _size(_language: str | None, size: int) -> str:
    return human_size(size)
