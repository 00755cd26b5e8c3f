"""Items that were kept as they came, in the site of an archive: all their fields, as far as they fit a page."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.digests import digest_id
from importers.documents.snapshot import Snapshot
from importers.pages.item_tree import ItemLine, item_tree
from importers.site.listing import SiteEntry, SiteList, as_found, newest_first
from importers.site.site import Site, file_link
from importers.site.texts import escape, given
from importers.verticals.unknown.documents import ITEM_DOCUMENTS

MOST_READ = 60_000  # characters of an item that is made readable


class KeptItems(SiteList):
    """Items of types that nobody here knows, the newest first."""

    name = "items"
    title = _("Kept as it came")
    lead = _("Things that can’t be shown yet as what they are, with all that their services have said.")
    kinds = (ITEM_DOCUMENTS,)

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        rows = newest_first(snapshot, ITEM_DOCUMENTS).annotate(says=Left(F("payload"), MOST_READ + 1))
        return rows.values_list("doc_id", "type", "content__sha256", "sorted_at", "says")

    def group(self, site: Site, row: Any) -> str:
        return site.clock.month(row[3])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        doc_id, kind, sha256, at, payload = row
        when, title = site.clock.moment(at), kind or gettext("Something")
        tree = item_tree(payload) if len(payload) <= MOST_READ else None
        shown = _lines(tree.lines) if tree else ""
        href = site.file(digest_id(doc_id), sha256) if sha256 else ""
        file = f"<p>{file_link(href, gettext('Its file'))}</p>" if href else ""
        words = escape(gettext("As it came"))
        came = escape(gettext("came %(moment)s") % {"moment": when})
        html = (
            f'<p class="by small"><span class="quiet">{came}</span></p>'
            f"<h3>{given(title)}</h3>{file}"
            f"<details><summary>{escape(gettext('What it says'))}</summary>{shown}"
            f'<p><a href="{site.document(ITEM_DOCUMENTS.doctype, doc_id)}">{words}</a></p></details>'
        )
        return SiteEntry(html, as_found(title, payload, when))


def _lines(lines: Iterable[ItemLine]) -> str:
    """What an item says, a member after the other, with what is inside each."""
    said = ((one.name, _lines(one.inside) if one.inside else given(one.value)) for one in lines)
    shown = (f'<li><span class="quiet">{given(name)}</span> {value}</li>' for name, value in said)
    return f'<ul class="tree">{"".join(shown)}</ul>'


SITE = (KeptItems(),)
