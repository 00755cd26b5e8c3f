"""`GET /lists/<app>/<model>.<csv|jsonl>`: a list of the admin, as it is filtered and searched there, as a file.

It is read some hundred rows at a time, each time in a thread that is given back, so that a list of a million rows holds
nothing while it is fetched, and who has left costs nothing more.
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC
from html import unescape
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.admin.told import tell
from accounts.entry.operators import led_elsewhere
from accounts.models import User
from accounts.sessions import SendingSession, SessionOver
from accounts.texts import in_english, kept_text
from audit.kinds import AuditKind

ROWS_AT_ONCE = 500
# With which a cell would be worked out by a table, also after a space of any kind, and at their full width in Japanese.
FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")

SAVED = kept_text("Saved %(list)s as %(form)s")

# Rows, what the columns are called, and whether nothing was written before; returns them as bytes.
WriteRows = Callable[[Sequence[Sequence[str]], Sequence[str], bool], bytes]


class ListFile:
    """The rows of one list, in its order of keys: the newest first."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest) -> None:
        """Raises what the list raises for filters that it does not know."""
        self._admin: Any = model_admin  # mixed with `ToldAdmin`, as all are
        self._request = request
        self._session = SendingSession(request)
        shown = model_admin.get_changelist_instance(request)
        self._rows = shown.queryset.order_by("-pk")
        self._columns = [str(name) for name in shown.list_display if name != "action_checkbox"]
        self._last: Any = None

    @property
    def heads(self) -> list[str]:
        """What the columns are called, as in the list, in English: programs read it."""
        with in_english():
            return [capfirst(str(label_for_field(name, self._admin.model, self._admin))) for name in self._columns]

    def some(self) -> list[list[str]]:
        """Returns the next rows; none at the end. Raises `SessionOver` where whoever asked may see them no more."""
        try:
            self._require_still_allowed()
            left = self._rows if self._last is None else self._rows.filter(pk__lt=self._last)
            found = list(left[:ROWS_AT_ONCE])
            if found:
                self._last = found[-1].pk
                self._admin.prepare(found)
            with in_english(), timezone.override(UTC):
                return [[self._cell(name, row) for name in self._columns] for row in found]
        finally:
            connection.close()

    def _require_still_allowed(self) -> None:
        if (person := self._session.look()) is None:
            return
        self._request.user = person
        if not person.is_staff or not self._admin.has_view_permission(self._request):
            raise SessionOver

    def _cell(self, name: str, row: Any) -> str:
        try:
            _, _, value = lookup_field(name, row, self._admin)
        except ObjectDoesNotExist:
            return ""
        if value is None:
            return ""
        if hasattr(value, "isoformat"):
            return str(value.isoformat())
        # Only what a page has made of HTML is HTML: a name may have a < in it.
        return unescape(strip_tags(value)).strip() if isinstance(value, SafeString) else str(value)


async def download(request: HttpRequest, app: str, model: str, form: str) -> HttpResponseBase:
    """For operators who may see the list. Raises 404 where there is none."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if form not in WRITTEN:
        raise Http404
    opened = await sync_to_async(_opened)(request, app, model, form)
    if not isinstance(opened, ListFile):
        return opened
    write, media_type = WRITTEN[form]
    response: HttpResponseBase = StreamingHttpResponse(_pieces(opened, write))
    response["Content-Type"] = media_type
    response["Content-Disposition"] = f'attachment; filename="{model}-{timezone.now():%Y-%m-%d}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _opened(request: HttpRequest, app: str, model: str, form: str) -> ListFile | HttpResponseBase:
    try:
        user = request.user
        if not isinstance(user, User) or not user.is_active or not user.is_staff:
            return redirect_to_login(request.get_full_path())
        if (elsewhere := led_elsewhere(request)) is not None:
            return elsewhere
        named = {(one._meta.app_label, one._meta.model_name): one for one in admin.site._registry}
        found = named.get((app, model))
        if found is None:
            return render(request, "404.html", status=404)
        model_admin = admin.site._registry[found]
        if not model_admin.has_view_permission(request):
            return render(request, "403.html", status=403)
        opened = ListFile(model_admin, request)
        with transaction.atomic():
            said = {"action": SAVED % {"list": f"{app}.{model}", "form": form}, "filters": request.GET.urlencode()}
            tell(AuditKind.STAFF_ACTED, request, user, **said)
        return opened
    except (DisallowedModelAdminLookup, IncorrectLookupParameters):
        return render(request, "400.html", status=400)
    finally:
        connection.close()


async def _pieces(
    opened: ListFile, write: Callable[[Sequence[Sequence[str]], Sequence[str], bool], bytes]
) -> AsyncIterator[bytes]:
    is_first = True
    while (some := await asyncio.to_thread(opened.some)) or is_first:
        yield write(some, opened.heads, is_first)
        is_first = False


def _csv(rows: Sequence[Sequence[str]], heads: Sequence[str], is_first: bool) -> bytes:
    """RFC 4180, in UTF-8; what a table would take for a formula has a ' before it."""
    written = io.StringIO()
    writer = csv.writer(written)
    if is_first:
        writer.writerow(heads)
    writer.writerows([f"'{cell}" if _is_formula(cell) else cell for cell in row] for row in rows)
    return written.getvalue().encode(errors="replace")


def _is_formula(cell: str) -> bool:
    return cell.startswith(("\t", "\r", "\n")) or cell.lstrip().startswith(FORMULAS)


def _json_lines(rows: Sequence[Sequence[str]], heads: Sequence[str], is_first: bool) -> bytes:
    lines = (json.dumps(dict(zip(heads, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    return "".join(lines).encode(errors="replace")


WRITTEN = {"csv": (_csv, "text/csv; charset=utf-8"), "jsonl": (_json_lines, "application/jsonl; charset=utf-8")}
