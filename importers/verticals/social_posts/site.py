"""Posts in the site of an archive: a timeline, with pictures that are in the archive."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import ExpressionWrapper, IntegerField, Q, QuerySet
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.site.listing import SiteEntry, SiteList, as_found, cut, newest_first
from importers.site.site import Site, is_picture
from importers.site.texts import WEB, escape, given, plain, web_link
from importers.verticals.social_posts.documents import POSTS

MOST_ATTACHED = 20  # of a post that a page shows
LINE = re.compile(r"(?:(?P<said>.*?)\s)?\s*(?:\((?P<type>[^()\s]*)\)\s*)?(?P<url>https?://\S+)")
SHORTEST_NAME = 8  # characters of a file's name that surely means one file
COLUMNS = (
    "doc_id",
    "actor_name",
    "actor_url",
    "place",
    "coordinates",
    "title",
    "is_dated",
    "attachments",
    "url",
    "sorted_at",
)


class Timeline(SiteList):
    """Posts, the newest first."""

    name = "posts"
    title = _("Posts")
    kinds = (POSTS,)
    opening = '<ul class="card lines timeline">'

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        is_dated = ExpressionWrapper(Q(published_at__isnull=False), output_field=IntegerField())
        rows = newest_first(snapshot, POSTS).annotate(is_dated=is_dated)
        return rows.values_list(*COLUMNS, cut("content"))

    def group(self, site: Site, row: Any) -> str:
        return site.clock.month(row[-2])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        doc_id, author, page, place, coordinates, title, is_dated, attachments, url, at, text = row
        said = site.clock.moment(at)
        when = said if is_dated else escape(gettext("came %(moment)s") % {"moment": said})
        by = _by(get_language(), author, page or "")
        at_place = " · ".join(filter(None, (place, coordinates)))
        where = f'<p class="quiet small">{given(at_place)}</p>' if at_place else ""
        heading = f"<h3>{given(title)}</h3>" if title else ""
        attached = _attached(site, attachments) if attachments else ""
        html = (
            f'<p class="by small">{by}{web_link(url, when) if url else when}</p>'
            f"{heading}{site.said(text, POSTS.doctype, doc_id)}{attached}{where}"
        )
        found = f"{text[:1000]} {author} {place or ''} {attachments or ''}"
        return SiteEntry(html, as_found(title or text[:80], found, said))


@lru_cache(maxsize=256)
def _by(_language: str | None, author: str, page: str) -> str:
    """Whom a post is by; mostly it is the same person. What is not seen in a name is called so in a language."""
    return f"<strong>{web_link(page, given(author or page))}</strong> " if author or page else ""


def _attached(site: Site, attachments: str) -> str:
    """What is attached: pictures of the archive, and addresses of all others."""
    shown = "".join(f"<li>{_one(site, line)}</li>" for line in attachments.splitlines()[:MOST_ATTACHED])
    return f'<ul class="attached" aria-label="{escape(pgettext("to a message or a post", "Attached"))}">{shown}</ul>'


def _one(site: Site, line: str) -> str:
    found = LINE.fullmatch(line)
    if found is None or not WEB.fullmatch(found["url"]):
        return given(line)
    said = found["said"] or ""
    href = site.file_named(_file_name(found["url"]))
    if is_picture(href):
        alt = plain(said or gettext("A picture"))
        below = f"<figcaption>{given(said)}</figcaption>" if said else ""
        shown = f'<img src="{href}" alt="{alt}" loading="lazy" decoding="async">'
        return f'<figure><a href="{href}">{shown}</a>{below}</figure>'
    return f"{f'{given(said)} ' if said else ''}{web_link(found['url'])}"


def _file_name(url: str) -> str:
    """The name of the file that an address ends with, if it is long enough to mean one."""
    try:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""
    return name if len(name) >= SHORTEST_NAME else ""


SITE = (Timeline(),)
