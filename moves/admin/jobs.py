"""What the pages of exports, imports and moves have in common."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.deeds import ActingAdmin
from accounts.admin.period import asks_for_period
from accounts.admin.words import WORDS, worded
from accounts.dates import moment
from accounts.texts import translated
from importers.admin import links, search
from importers.admin.read_only import ReadOnlyAdmin
from importers.admin.tables import SHOWN_ROWS, table
from moves.models import Event

LENGTH_OF_ID = 32
NOTHING = "-"  # as Django shows a column that says nothing


class JobAdmin(ActingAdmin, ReadOnlyAdmin):
    """One row per job of a person. Its link is nowhere here: it opens everything, and a list is no place for that."""

    list_select_related = ("owner",)
    linked_by = ("owner__id__exact",)
    search_fields = ("doc_id",)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, by the index that finds it."""
        return ("-created_at", "-pk") if asks_for_period(request) else ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The one with this id, or the jobs of people."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) == LENGTH_OF_ID and (found := queryset.filter(doc_id=term)).exists():
            return found, False
        return queryset.filter(owner__in=search.people_named(term)), False

    @admin.display(description=_("person"))
    def person(self, job: Any) -> SafeString | str:
        return links.page_of(job.owner)

    @admin.display(description=WORDS["origin"])
    def said_origin(self, job: Any) -> str:
        return worded(job.origin) or NOTHING

    @admin.display(description=_("reason, in words"))
    def said_error(self, job: Any) -> str:
        """Why it failed; it is written down in English."""
        return translated(job.error) or NOTHING

    @admin.display(description=_("waits for"))
    def said_waiting(self, job: Any) -> str:
        return translated(job.waiting_for) or NOTHING

    @admin.display(description=_("waits for"))
    def waits(self, job: Any) -> str:
        """The same, in a list."""
        return translated(job.waiting_for)


def event_table(events: QuerySet[Event]) -> SafeString:
    """Returns the events of a job, the first ones of however many there are."""
    shown = events.order_by("pk")[:SHOWN_ROWS]
    rows = ((moment(event.at), worded(event.kind), translated(event.detail)) for event in shown)
    return table((gettext("when"), gettext("what"), gettext("more")), rows)
