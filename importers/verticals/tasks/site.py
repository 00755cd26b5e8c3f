"""Tasks in the site of an archive: a list after the other, what is open first."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.documents.snapshot import Snapshot
from importers.site.listing import SiteEntry, SiteList, as_found, cut, standing
from importers.site.site import Site
from importers.site.texts import called, escape, given
from importers.verticals.tasks.documents import TASKS
from importers.verticals.tasks.models import Task

COLUMNS = ("title", "due_at", "all_day", "zone", "done_at", "done_all_day", "done_zone")


class ToDo(SiteList):
    """Tasks by their lists."""

    name = "tasks"
    title = _("Tasks")
    kinds = (TASKS,)

    def rows(self, snapshot: Snapshot) -> QuerySet[Any]:
        rows = standing(snapshot, Task).annotate(says=cut("notes"))
        order = (F("list__name").asc(nulls_last=True), "list_id", F("done_at").desc(nulls_first=True))
        rows = rows.order_by(*order, F("due_at").asc(nulls_last=True), snapshot.by_code_points("doc_id"))
        return rows.values_list("doc_id", "list__name", "list__identifier", "says", *COLUMNS)

    def group(self, site: Site, row: Any) -> str:
        return called(row[1], row[2]) if row[2] is not None else gettext("In no list")

    def entry(self, site: Site, row: Any, beside: Any) -> SiteEntry:
        doc_id, list_name, _identifier, notes, *own = row
        task = Task(**dict(zip(COLUMNS, own, strict=True)))
        title = called(task.title)
        if task.done:
            when = gettext("done %(when)s") % {"when": task.done}
        else:
            when = gettext("due %(when)s") % {"when": task.due} if task.due else ""
        mark = "✓" if task.done else "○"
        html = (
            f'<p class="by small"><span aria-hidden="true">{mark}</span> <span class="quiet">{escape(when)}</span></p>'
            f"<h3>{given(title)}</h3>{site.said(notes, TASKS.doctype, doc_id)}"
        )
        return SiteEntry(html, as_found(title, f"{notes} {list_name or ''}", when))


SITE = (ToDo(),)
