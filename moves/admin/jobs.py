"""What the pages of exports, imports and moves have in common."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from importers.admin import links, search
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.tables import SHOWN_ROWS, moment, table
from moves.models import Event


class JobAdmin(ReadOnlyAdmin):
    """One row per job of a person. Its link is nowhere here: it opens everything, and a list is no place for that."""

    list_select_related = ("owner",)
    linked_by = ("owner__id__exact",)
    search_fields = ("doc_id",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The jobs of a person, or the one with this id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (person := search.person_named(term)) is not None:
            return queryset.filter(owner=person), False
        return queryset.filter(doc_id=term), False

    @admin.display(description="person")
    def person(self, job: Any) -> SafeString | str:
        return links.page_of(job.owner)


def event_table(events: QuerySet[Event]) -> SafeString:
    """Returns the events of a job, the first ones of however many there are."""
    shown = events.order_by("pk")[:SHOWN_ROWS]
    return table(("when", "what", "more"), ((moment(event.at), event.kind, event.detail) for event in shown))
