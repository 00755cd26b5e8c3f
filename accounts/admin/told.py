"""What operators do in the admin is told to the audit trail, in place of Django's own log. History is read there."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.admin.words import WordedAdmin
from accounts.models import Application, User
from accounts.texts import in_english
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record


class ToldAdmin(WordedAdmin):
    """What every page of the operator's site is mixed with (operations/site.py)."""

    def prepare(self, rows: Sequence[Any]) -> None:
        """Asks for rows of a list together what each of them would ask for by itself."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Tells that something was added."""
        return tell(AuditKind.STAFF_ADDED, request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Tells which fields were changed; what they said, the events of the change itself tell."""
        return tell(AuditKind.STAFF_CHANGED, request, obj, changes=message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        """Tells what is deleted."""
        return [tell(AuditKind.STAFF_DELETED, request, obj) for obj in queryset]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> HttpResponse | None:
        """Deletes in one transaction with what is told of it."""
        if request.POST.get("action") != "delete_selected":
            return super().response_action(request, queryset)
        with transaction.atomic():
            return super().response_action(request, queryset)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Leads to the trail of whom it is about."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        about = urlencode({"chain__subject": subject_of(obj)})
        return redirect(f"{reverse('admin:audit_auditevent_changelist')}?{about}")


def tell(
    kind: AuditKind, request: HttpRequest, obj: Model, *, name: str = "", why: str = "", **details: Any
) -> LogEntry:
    """Tells what an operator has done to a row, under its own name or another one. Returns the line of Django's log
    that is not written."""
    with in_english(), timezone.override(UTC):
        named = {"what": f"{obj._meta.label_lower}:{obj.pk}", "name": name or str(obj)}
    record(kind, subject=subject_of(obj), request=request, why=why, **named, **details)
    return LogEntry()


def subject_of(obj: Any) -> str:
    """Returns in whose chain stands what happens to a row: that of its person, of its client, or the server's."""
    match obj:
        case User():
            return subjects.person(obj.pk)
        case Application():
            return subjects.exporter(obj.pk)
    for column in ("owner_id", "user_id"):
        if pk := getattr(obj, column, None):
            return subjects.person(pk)
    return subjects.SERVER
