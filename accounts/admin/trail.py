"""The audit trail in the admin: every event, which nobody changes."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.period import PeriodFilter, asks_for_period, period
from accounts.admin.seen_only import SeenOnly
from accounts.admin.words import worded
from accounts.dates import moment
from accounts.guesses import account_of
from accounts.models import Application, User
from accounts.numbers import thousands
from accounts.paging import CappedPaginator
from accounts.person import person_of
from accounts.roles import asks_first
from accounts.sections import StaffSection
from accounts.texts import translated
from audit import subjects
from audit.kinds import NAMING, AuditKind, sentence_of
from audit.models import AuditEvent

MODELS: dict[str, tuple[type[Model], str]] = {"person": (User, "username"), "exporter": (Application, "name")}
NOT_IN_LISTS = ("client_id", "first", "last", "id", "transfer")  # what an event's own page shows
LONGEST_IN_LISTS = 160  # characters


class KindFilter(admin.SimpleListFilter):
    """Events of one kind."""

    title = pgettext_lazy("filter", "what happened")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return AuditKind.choices

    def queryset(self, request: HttpRequest, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return events.filter(kind=self.value()) if self.value() else events


class TrailAdmin(SeenOnly, admin.ModelAdmin):
    """The newest first. A name, an address, or an opaque name such as `person:7` finds what is about it, and what it
    did."""

    section = StaffSection.SYSTEM
    list_name = _("Audit trail")
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count everything
    list_display = ("when", "about", "happened", "by", "briefly")
    list_filter = (KindFilter, period("at"))
    list_select_related = ("chain",)
    list_per_page = 50
    sortable_by = ()
    ordering = ("-pk",)
    actions = None
    view_on_site = False
    search_fields = ("chain__subject",)
    search_help_text = _("A person's name or address, exactly as it is; or person:7, exporter:3, server, command.")
    fields = ("when", "about", "happened", "by", "known", "from_where", "place", "digest")
    readonly_fields = fields

    class Media:
        css: ClassVar = {"all": ["operations.css"]}

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; within a period, by the index that finds it."""
        return ("-at", "-pk") if asks_for_period(request) else ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """With whether names of what somebody has here stay hidden from whoever looks."""
        events = super().get_queryset(request).prefetch_related("details")
        return events.annotate(hides_names=Value(asks_first(person_of(request))))

    def get_search_results(
        self, request: HttpRequest, events: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """One index for each half, since an OR of both would read everything."""
        term = search_term.strip()
        if not term:
            return events, False
        found = account_of(term) if ":" not in term else None
        name = subjects.person(found.pk) if found else term
        about = AuditEvent.objects.filter(chain__subject=name).values("pk")
        did = AuditEvent.objects.filter(actor=name).values("pk")
        return events.filter(pk__in=about.union(did)), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The filters, and links to what is about somebody or was done by them."""
        return lookup in ("kind", *PeriodFilter.names, "chain__subject", "actor")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        self.prepare(shown.result_list)
        return shown

    def prepare(self, rows: Sequence[Any]) -> None:
        """Notes what the people and clients of these are called now, asked for all of them at once."""
        names = _called_now(rows)
        for event in rows:
            event.names = names

    @admin.display(description=_("when"))
    def when(self, event: AuditEvent) -> str:
        return moment(event.at)

    @admin.display(description=_("about"))
    def about(self, event: AuditEvent) -> SafeString | str:
        return _link(event, event.chain.subject)

    @admin.display(description=_("what happened"))
    def happened(self, event: AuditEvent) -> str:
        return sentence_of(event.kind)

    @admin.display(description=_("who did it"))
    def by(self, event: AuditEvent) -> SafeString | str:
        return _link(event, event.actor)

    @admin.display(description=_("what is known of it"))
    def briefly(self, event: AuditEvent) -> str:
        """What tells events of a list apart, on a line or two."""
        known = {name: value for name, value in _known(event, "what").items() if name not in NOT_IN_LISTS}
        number = known.pop("times", 1)
        times = [ngettext("%(number)s time", "%(number)s times", number) % {"number": thousands(number)}]
        said = gettext("; ").join(
            [
                *(times if number > 1 else []),
                *(_line() % {"name": _label(name), "value": _in_words(name, value)} for name, value in known.items()),
            ]
        )
        return Truncator(said).chars(LONGEST_IN_LISTS) or "–"

    @admin.display(description=_("what is known of it"))
    def known(self, event: AuditEvent) -> SafeString | str:
        return _lines(event, "what")

    @admin.display(description=_("from where"))
    def from_where(self, event: AuditEvent) -> SafeString | str:
        return _lines(event, "who")

    @admin.display(description=_("place in its chain"))
    def place(self, event: AuditEvent) -> str:
        return gettext("%(number)s of %(all)s") % {"number": event.number, "all": event.chain.length}

    @admin.display(description=_("hash"))
    def digest(self, event: AuditEvent) -> str:
        return bytes(event.hash).hex()


def _called_now(events: Iterable[AuditEvent]) -> dict[str, str]:
    """Returns what those are called now whom the opaque names of these events stand for, in a query for each kind."""
    named = {name for event in events for name in (event.chain.subject, event.actor)}
    found = {}
    for kind, (model, column) in MODELS.items():
        keys = [key for name in named if (key := subjects.key_of(name, kind)) is not None]
        rows = model._default_manager.filter(pk__in=keys).values_list("pk", column)
        found.update({f"{kind}:{pk}": called for pk, called in rows})
    return found


def _link(event: AuditEvent, name: str) -> SafeString | str:
    """Whom an opaque name stands for, leading to their page; the name itself where there is nobody any more."""
    names: dict[str, str] = event.names if hasattr(event, "names") else _called_now([event])
    if name not in names:
        return name
    kind, _, key = name.partition(":")
    address = reverse(f"admin:accounts_{MODELS[kind][0]._meta.model_name}_change", args=[key])
    called = translated(names[name]) if kind == "exporter" else names[name]  # some of which are named here
    return format_html('<a href="{}" title="{}">{}</a>', address, name, called or name)


def _known(event: Any, part: str) -> dict[str, Any]:
    """Returns what is known of an event of the list, without names that whoever looks is not to see."""
    details = [json.loads(detail.text) for detail in event.details.all() if detail.part == part]
    known = details[0] if details else {}
    hidden = NAMING.get(event.kind) if event.hides_names else None
    return {name: value for name, value in known.items() if name != hidden}


def _lines(event: AuditEvent, part: str) -> SafeString | str:
    known = _known(event, part).items()
    said = [(_line() % {"name": _label(name), "value": _in_words(name, value)},) for name, value in known]
    return format_html_join(SafeString("<br>"), "{}", said) if said else "–"


def _line() -> str:
    return gettext("%(name)s: %(value)s")


def _label(name: str) -> str:
    return worded(name)


def _in_words(name: str, value: Any) -> str:
    if name == "changes" and isinstance(value, list):  # as Django tells them
        return LogEntry(change_message=json.dumps(value)).get_change_message()
    if name == "action" and isinstance(value, str) and value:  # what its button says
        return translated(gettext(value))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or gettext("none")
    return translated(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
