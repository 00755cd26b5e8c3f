"""Everything of one kind, a page after the other: each entry is written once, and nothing of it is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from django.db.models import Case, F, Model, QuerySet, SmallIntegerField, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Left
from django.utils.translation import gettext, ngettext

from accounts.numbers import thousands
from accounts.texts import Text
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.models import Container
from importers.models.record import SortName, sort_date
from importers.site.search import MOST_TEXT, Finding
from importers.site.site import MOST_SAID, Frame, Site
from importers.site.texts import called, escape, given, plain

ROWS_TOGETHER = 200  # that are read at once: each may have a text of some 20,000 characters
FULL_PAGE = 300_000  # bytes after which a page ends, however few entries it has
LARGEST_ENTRY = 300_000  # bytes
LONGEST_NAME = 200  # characters of what stands above entries
GROUPS_ON_PAGE = 2_000  # months, or letters, of which an overview names that many
LEAPS = (10, 100, 1_000)  # pages that one may go on, or back, at once

SitePage = tuple[str, bytes]  # its path below `pages`, and its bytes


class SiteEntry(NamedTuple):
    """One thing on a page: its HTML, and what it is found by."""

    html: str
    finding: Finding


@dataclass
class SiteGroup:
    """Entries that stand together, such as those of a month: how many, and where the first one is."""

    label: str
    page: int
    anchor: int
    count: int = 0


class SiteList:
    """Everything of some kinds. Subclasses say which rows, and what a page shows of each.

    `name`: in addresses; `title`: what people call it; `kinds`: what is in it. `opening` and `closing`: what stands
    around the entries of a group. `is_searched`: whether its entries are found; else others stand for them.
    """

    name: ClassVar[str]
    title: ClassVar[Text]
    kinds: ClassVar[tuple[RecordKind, ...]]
    most: ClassVar[int] = 100  # entries of a page
    opening: ClassVar[str] = '<ul class="card lines">'
    closing: ClassVar[str] = "</ul>"
    lead: ClassVar[Text] = ""
    is_searched: ClassVar[bool] = True
    wants_places: ClassVar[bool] = False

    def rows(self, snapshot: Snapshot) -> Iterable[Any]:
        """Returns what there is, in the order of the pages."""
        raise NotImplementedError

    def count(self, snapshot: Snapshot) -> int:
        """Returns how many there are."""
        return sum(standing(snapshot, kind.model).count() for kind in self.kinds if snapshot.has(kind.model))

    def beside(self, site: Site, rows: list[Any]) -> Any:
        """Returns what is asked for some rows together, which `entry` is given."""
        return None

    def group(self, site: Site, row: Any) -> str:
        """Returns what stands above the entry and those like it; empty where nothing does."""
        return ""

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        """Returns what a page shows of a row; the element around it is not part of that."""
        raise NotImplementedError

    def placed(self, row: Any, href: str) -> None:
        """Is told where the entry of a row stands, from the pages beside it, where `wants_places` is set."""

    def head(self, site: Site) -> str:
        """Returns what the first page begins with, below its title."""
        return ""

    def pages(self, site: Site, count: int) -> Iterator[SitePage]:
        """Yields all pages, the first one being `index.html`, and an overview of what is on which."""
        yield from PagedList(site, self.name, str(self.title), self, count).pages(self.rows(site.snapshot))


def standing(snapshot: Snapshot, model: type[Model]) -> QuerySet[Any]:
    """Returns the records of a kind that are not in the bin, nor only waited for."""
    rows = snapshot.of(model).filter(trashed_at=None)
    return rows.exclude(arrived_at=None) if issubclass(model, Container) else rows


def newest_first(snapshot: Snapshot, kind: RecordKind) -> QuerySet[Any]:
    """Returns the records of a kind by the moment that lists sort them by, as `sorted_at`."""
    rows = standing(snapshot, kind.model).annotate(sorted_at=sort_date(kind.at, kind.at_else))
    return rows.order_by("-sorted_at", snapshot.from_the_end("doc_id"))


def by_name(snapshot: Snapshot, kind: RecordKind) -> QuerySet[Any]:
    """Returns the records of a kind by their names; what has none comes last."""
    rows = standing(snapshot, kind.model)
    nameless = Case(When(**{kind.heading: ""}, then=1), default=0, output_field=SmallIntegerField())
    return rows.order_by(nameless, OrderBy(SortName(kind.heading)), snapshot.by_code_points("doc_id"))


def cut(column: str) -> Left:
    """Returns the text of a column as far as a page shows it, and a character more where there is more."""
    return Left(F(column), MOST_SAID + 1)


def in_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yields rows some at a time; of a query, without keeping those before."""
    found = rows.iterator(chunk_size=ROWS_TOGETHER) if isinstance(rows, QuerySet) else iter(rows)
    while batch := list(islice(found, ROWS_TOGETHER)):
        yield batch


def as_found(title: str, text: str, day: str) -> Finding:
    """Returns what an entry is found by, as much of it as is found."""
    return Finding(title[:MOST_TEXT], text[:MOST_TEXT], day)


def initial(name: str) -> str:
    """Returns the letter that a name is listed under; of none, that there is none."""
    if not name:
        return called()
    first = name.strip()[:1].upper()
    return first if first.isalpha() else "#"


class PagedList:
    """Writes the pages of a list. `folder`: where, below `pages`; `stem`: what the names of its pages begin with, where
    there are other pages in the folder; `count`: of entries, as far as it is known."""

    def __init__(
        self, site: Site, folder: str, title: str, shows: SiteList, count: int, *, stem: str = "", above: str = ""
    ) -> None:
        self._site, self._folder, self._shows, self._count = site, folder, shows, count
        self._title = title[:LONGEST_NAME]
        self._stem, self._above = stem, above
        self._frame: Frame = site.frame(f"{folder}/index.html")
        self._groups: list[SiteGroup] = []
        self._parts: list[str] = []
        self._size = self._entries = self._written = 0
        self._findings: list[Finding] = []
        self._number = 1

    @property
    def written(self) -> int:
        """How many entries have been written."""
        return self._written

    def pages(self, rows: Iterable[Any]) -> Iterator[SitePage]:
        shows, site, most, label, index = self._shows, self._site, self._shows.most, None, self._site.index
        for batch in in_batches(rows):
            beside = shows.beside(site, batch)
            for row in batch:
                if self._entries >= most or self._size >= FULL_PAGE:
                    yield self._page(is_last=False)
                    label = None
                    if index.is_full:
                        yield index.take()
                if (group := shows.group(site, row)[:LONGEST_NAME]) != label:
                    self._begin(group, is_first=label is None)
                    label = group
                html, finding = shows.entry(site, row, beside)
                size = len(html) if html.isascii() else len(html.encode(errors="replace"))
                if size > LARGEST_ENTRY:
                    html, size = too_large(finding.title), 0
                self._entries += 1
                self._size += size
                self._groups[-1].count += 1
                self._parts.append(f'<li id="e{self._entries}">{html}</li>')
                self._findings.append(finding)
                if shows.wants_places:
                    shows.placed(row, f"{self._name(self._number)}#e{self._entries}")
        yield self._page(is_last=True)
        if index.is_full:
            yield index.take()
        yield from self._overviews()

    def _begin(self, label: str, *, is_first: bool) -> None:
        if not is_first:
            self._parts.append(f"{self._shows.closing}</section>")
        heading = f"<h2>{given(label)}</h2>" if label else f'<h2 class="unseen">{escape(str(self._shows.title))}</h2>'
        self._parts.append(f'<section class="group">{heading}{self._shows.opening}')
        if not self._groups or self._groups[-1].label != label:
            self._groups.append(SiteGroup(label, self._number, self._entries + 1))

    def _page(self, *, is_last: bool) -> SitePage:
        path = f"{self._folder}/{self._name(self._number)}"
        if self._parts:
            self._parts.append(f"{self._shows.closing}</section>")
        else:
            self._parts.append(f'<p class="quiet">{escape(gettext("There is nothing in it."))}</p>')
        entries = f'<div class="groups">{"".join(self._parts)}</div>'
        body = f"{self._heading()}{entries}{self._pager(is_last=is_last)}"
        title = plain(self._title)
        if self._number > 1:
            title = plain(gettext("%(title)s, page %(number)s") % {"title": self._title, "number": self._number})
        if self._findings and self._shows.is_searched:
            self._site.index.add(path, str(self._shows.title), self._findings)
        self._number += 1
        self._written += self._entries
        self._parts, self._findings, self._size, self._entries = [], [], 0, 0
        return path, self._frame.page(title, body)

    def _heading(self) -> str:
        number = f' <span class="number quiet">{thousands(self._count)}</span>' if self._count else ""
        first = ""
        if self._number == 1:
            lead = f'<p class="lead">{escape(str(self._shows.lead))}</p>' if self._shows.lead and not self._stem else ""
            first = lead + self._shows.head(self._site)
        return f'{self._above}<header class="list-head"><h1>{given(self._title)}{number}</h1></header>{first}'

    def _name(self, number: int) -> str:
        if number == 1:
            return f"{self._stem}.html" if self._stem else "index.html"
        return f"{self._stem}-{number}.html" if self._stem else f"{number}.html"

    def _pager(self, *, is_last: bool) -> str:
        """Links to the pages around this one, and to some that are farther away and surely there."""
        number = self._number
        if number == 1 and is_last:
            return ""
        fewest = -(-self._count // self._shows.most)
        links = [self._leap(-leap, f"−{thousands(leap)}") for leap in LEAPS[::-1] if number > leap]
        if number > 1:
            links.append(f'<a rel="prev" href="{self._name(number - 1)}">{escape(gettext("Previous page"))}</a>')
        links.append(f"<span>{escape(gettext('Page %(number)s') % {'number': thousands(number)})}</span>")
        if not is_last:
            links.append(f'<a rel="next" href="{self._name(number + 1)}">{escape(gettext("Next page"))}</a>')
        links += [self._leap(leap, f"+{thousands(leap)}") for leap in LEAPS if number + leap <= fewest]
        overview = f'<a href="{self._overview(1)}">{escape(gettext("All pages"))}</a>'
        return f'<nav class="pager" aria-label="{escape(gettext("Pages"))}">{" ".join(links)} {overview}</nav>'

    def _leap(self, pages: int, words: str) -> str:
        return f'<a href="{self._name(self._number + pages)}">{words}</a>'

    def _overview(self, number: int) -> str:
        beside = f"-{number}" if number > 1 else ""
        return f"{self._stem}-all{beside}.html" if self._stem else f"all{beside}.html"

    def _overviews(self) -> Iterator[SitePage]:
        """Pages that say what is on which page, where there are several."""
        if self._number == 2:
            return
        for number, begin in enumerate(range(0, len(self._groups), GROUPS_ON_PAGE), 1):
            some = self._groups[begin : begin + GROUPS_ON_PAGE]
            lines = "".join(
                f'<li><a href="{self._name(one.page)}#e{one.anchor}">{given_label(one.label)}</a> '
                f'<span class="quiet">{_of(one.count)}</span></li>'
                for one in some
            )
            more = ""
            if begin + GROUPS_ON_PAGE < len(self._groups):
                href, words = self._overview(number + 1), escape(gettext("Next page"))
                more = f'<nav class="pager"><a rel="next" href="{href}">{words}</a></nav>'
            heading = f'<header class="list-head"><h1>{given(self._title)}</h1></header>'
            title = plain(gettext("%(title)s: all pages") % {"title": self._title})
            body = f'{self._above}{heading}<ul class="card lines overview">{lines}</ul>{more}'
            yield f"{self._folder}/{self._overview(number)}", self._frame.page(title, body)


def up_link(title: str) -> str:
    """Returns what leads from the pages of one album, or playlist, to all of them."""
    where = escape(gettext("Where you are"))
    return f'<nav class="crumbs" aria-label="{where}"><a href="index.html">{escape(title)}</a></nav>'


def too_large(title: str) -> str:
    """Returns what stands for an entry that says more than a page may."""
    words = escape(gettext("It says more than a page can show. All of it is in the folder Data."))
    return f"<h3>{given(title[:LONGEST_NAME])}</h3><p>{words}</p>"


def given_label(label: str) -> str:
    """Returns what a group is called, where it is called anything."""
    return given(label or gettext("From the beginning"))


def _of(count: int) -> str:
    return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": thousands(count)}
