"""The pages of exports: "Take out my data", and the page behind a mailed link."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import proved
from accounts.forms import ConfirmPasswordForm
from accounts.person import person_of
from accounts.sizes import human_size
from importers.documents.snapshot import Snapshot
from moves import counted
from moves.errors import JsonApiRefusal
from moves.exports import api, bins, links
from moves.exports import requests as export_requests
from moves.exports.forms import TakeOutForm
from moves.models import Event, Export, Part

LISTED_EXPORTS = 50  # exports that the page lists
SHOWN_FETCHES = 20  # of those who fetched one; another page has all
A_PAGE = 100


@dataclass(frozen=True)
class PartLinks:
    """A part as the page lists it."""

    part: Part
    zip_path: str
    tar_path: str


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """A person's exports: the one that is being made or can be fetched, past ones, and the form for another one.

    Links, and what they can be made of, are shown for 15 minutes to who has typed the password: somebody may have found
    an open browser.
    """
    person = person_of(request)
    form = TakeOutForm(request, request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound and not form.is_valid() else 200
    if form.is_bound and form.is_valid():
        try:
            export_requests.create(person, form.wish, "page")
        except JsonApiRefusal as refused:
            form.add_error(None, refused.detail)
            status = refused.status
        else:
            messages.success(
                request, "Your export has begun. You can leave this page: a mail tells you when it is done."
            )
            return redirect("exports")
    return render(request, "moves/exports.html", _page(request, form, ConfirmPasswordForm(request)), status=status)


@never_cache
@login_required
@require_POST
def show(request: HttpRequest) -> HttpResponse:
    """Takes the password, and shows the links of exports from then on. Open while an account moves, too."""
    showing = ConfirmPasswordForm(request, request.POST)
    if showing.is_valid():
        return redirect("exports")
    return render(request, "moves/exports.html", _page(request, TakeOutForm(request), showing), status=422)


def _page(request: HttpRequest, form: TakeOutForm, showing: ConfirmPasswordForm) -> dict[str, Any]:
    """What the page shows."""
    person = person_of(request)
    all_of_them = list(person.exports.order_by("-pk")[:LISTED_EXPORTS])
    running = next((one for one in all_of_them if one.state == Export.State.EXPORTING), None)
    return {
        "form": form,
        "showing": showing,
        "is_proved": proved.is_recent(request),
        "running": running and _words(running),
        "available": [_words(one) | _fetches(one) for one in all_of_them if _is_for_people(one)],
        "bin_is_used": bins.is_used(Snapshot(person)),
        "past": [_past(one) for one in all_of_them if one is not running and not _is_for_people(one)],
    }


@never_cache
@login_required
@require_GET
def fetches(request: HttpRequest, doc_id: str) -> HttpResponse:
    """Everybody who fetched something of an export, also of one that has expired."""
    export = get_object_or_404(Export, owner=person_of(request), doc_id=doc_id)
    page = Paginator(export.fetches.order_by("-last_at", "pk"), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "moves/export_fetches.html", {"export": export, "fetches": page})


@login_required
@require_POST
def revoke(request: HttpRequest, doc_id: str) -> HttpResponse:
    """Ends every link to an export, at once; the person's own page has another one."""
    with transaction.atomic():
        export = get_object_or_404(Export.objects.select_for_update(), owner=person_of(request), doc_id=doc_id)
        Export.objects.filter(pk=export.pk).update(link=F("link") + 1)
        Event.objects.create(export=export, kind=Event.Kind.REVOKED)
    messages.success(request, "The link does not work any more, and downloads that used it are broken off.")
    return redirect("exports")


@never_cache
@require_GET
def export(request: HttpRequest, opaque: str) -> HttpResponse:
    """What the mailed link leads to; whoever has it may fetch the parts."""
    found = links.export_of(opaque)
    if found is None:
        raise Http404
    response = render(request, "moves/export.html", _words(found))
    response["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


@never_cache
@require_GET
def progress(request: HttpRequest, opaque: str) -> JsonResponse:
    """How far an export has come, for the page that shows it."""
    found = links.export_of(opaque)
    if found is None:
        raise Http404
    return JsonResponse({"state": found.state, "percent": found.percent, "said": said(found)})


def said(export: Export) -> str:
    """How far an export has come, in words."""
    if export.state != Export.State.EXPORTING:
        return export.state
    if export.heartbeat_at is None:
        return "It waits for its turn."
    if not export.documents_expected:
        return "It begins."
    of_all = f"{export.documents:,} of {counted.documents(export.documents_expected)}"
    if not export.files_count:
        return of_all
    return f"{of_all}, {counted.files(export.files_count)} of {human_size(export.files_size)}"


def _words(export: Export) -> dict[str, Any]:
    """What the templates show of an export."""
    parts = list(export.parts.all()) if export.is_available else []
    return {
        "export": export,
        "said": said(export),
        "parts": [_part_links(export, part) for part in parts],
        "size": sum(part.zip_size for part in parts),
        "page_link": links.page_link(export),
        "cozy_link": links.cozy_link(export),
        "progress_path": reverse("export-progress", args=[links.opaque(export)]),
        "missing": api.missing_entries(export),
    }


def _fetches(export: Export) -> dict[str, Any]:
    """Who fetched something of it last, and how many there are besides."""
    shown = list(export.fetches.all()[:SHOWN_FETCHES])
    return {"fetches": shown, "more": export.fetches.count() - len(shown) if len(shown) == SHOWN_FETCHES else 0}


def _is_for_people(export: Export) -> bool:
    """Whether a person may fetch it from the page: one of a move is for the other server."""
    return export.is_available and export.origin != "move"


def _past(export: Export) -> dict[str, Any]:
    """What the list of past exports shows of one."""
    return {"export": export, "fetched": export.fetches.count()}


def _part_links(export: Export, part: Part) -> PartLinks:
    path = links.data_path(export, part.cursor)
    return PartLinks(part, path, f"{path}{'&' if part.cursor else '?'}format=tar")
