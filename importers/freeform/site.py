"""Items of any shape in the site of an archive, with the files that came with them."""

from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext

from importers.digests import digest_id
from importers.documents.snapshot import Snapshot
from importers.freeform.documents import FilesOfItems
from importers.site.listing import SiteEntry, SiteList, as_found, cut, newest_first
from importers.site.site import Site, file_link, is_picture
from importers.site.texts import called, escape, facts, given

MOST_FILES = 50  # of one item that a page shows


class FreeformList(SiteList):
    """Items of one kind, the newest first. `dates`: the columns that say when one was written; `tags`: whether it has
    some."""

    files: ClassVar[FilesOfItems]
    tags: ClassVar[bool] = False

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        tags = ("tags",) if self.tags else ()
        columns = ("pk", "doc_id", "name", "identifier", "begins", "sorted_at", *tags)
        return newest_first(snapshot, self.files.kind).annotate(says=cut("text")).values_list(*columns, "says")

    def beside(self, site: Site, rows: list[Any]) -> Any:
        """The files of these items, by their keys."""
        named = {"record__in": [row[0] for row in rows], "owner_id": site.snapshot.owner.pk}
        found = site.snapshot.of(self.files.model, **named).order_by("record_id", "pk")
        files = found.values_list("record_id", "content__sha256").iterator()
        return {pk: [sha256 for _, sha256 in some] for pk, some in groupby(files, key=itemgetter(0))}

    def group(self, site: Site, row: Any) -> str:
        return site.clock.month(row[5])

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        pk, doc_id, name, identifier, begins, at, *tags, text = row
        when = site.clock.moment(at)
        title = called(name, begins[:80], identifier)
        html = f'<p class="by small"><span class="quiet">{when}</span></p><h3>{given(title)}</h3>'
        html += site.said(text, self.files.kind.doctype, doc_id)
        html += self._files(site, doc_id, beside.get(pk, ()))
        if any(tags):
            html += facts((gettext("Tags"), ", ".join(tags[0].splitlines())))
        words = escape(gettext("As it came"))
        html += (
            f'<p class="small"><a class="quiet" href="{site.document(self.files.kind.doctype, doc_id)}">{words}</a></p>'
        )
        return SiteEntry(html, as_found(title, f"{text} {' '.join(tags)}", when))

    def _files(self, site: Site, doc_id: str, files: Any) -> str:
        shown = []
        for sha256 in files[:MOST_FILES]:
            href = site.file(digest_id(self.files.key, doc_id, sha256), sha256)
            if is_picture(href):
                alt = escape(gettext("A picture that came with it"))
                shown.append(
                    f'<li><a href="{href}"><img src="{href}" alt="{alt}" loading="lazy" decoding="async"></a></li>'
                )
            elif href:
                shown.append(f"<li>{file_link(href, gettext('A file that came with it'))}</li>")
        return f'<ul class="attached" aria-label="{escape(gettext("Files"))}">{"".join(shown)}</ul>' if shown else ""
