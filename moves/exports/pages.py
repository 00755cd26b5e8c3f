"""The pages of exports: "Take out my data", and the page behind a mailed link."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.entry.identity import ConfirmIdentityForm, is_recent
from accounts.person import person_of
from accounts.sizes import human_size
from accounts.texts import translated
from importers.documents.snapshot import Snapshot
from moves.errors import JsonApiRefusal
from moves.exports import api, bins, contents, links, stopping
from moves.exports import requests as export_requests
from moves.exports.forms import TakeOutForm
from moves.models import Export, Part

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

    Links, and what they can be made of, are shown for 15 minutes to who has shown who they are: somebody may have found
    an open browser.
    """
    person = person_of(request)
    form = TakeOutForm(request, request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound and not form.is_valid() else 200
    if form.is_bound and form.is_valid():
        try:
            export_requests.create(person, form.wish, "page")
        except JsonApiRefusal as refused:
            form.add_error(None, translated(refused.detail))
            status = refused.status
        else:
            messages.success(
                request, _("Your export has begun. You can leave this page: a mail tells you when it is done.")
            )
            return redirect("exports")
    return render(request, "moves/exports.html", _page(request, form, ConfirmIdentityForm(request)), status=status)


@never_cache
@login_required
@require_POST
def show(request: HttpRequest) -> HttpResponse:
    """Asks who the person is, and shows the links of exports from then on. Open while an account moves, too."""
    showing = ConfirmIdentityForm(request, request.POST)
    if showing.is_valid():
        return redirect("exports")
    return render(request, "moves/exports.html", _page(request, TakeOutForm(request), showing), status=422)


def _page(request: HttpRequest, form: TakeOutForm, showing: ConfirmIdentityForm) -> dict[str, Any]:
    """What the page shows."""
    person = person_of(request)
    running = person.exports.filter(state=Export.State.EXPORTING).first()
    ended = person.exports.exclude(state=Export.State.EXPORTING).order_by("-pk")
    own = list(ended.exclude(origin="move")[:LISTED_EXPORTS])
    of_moves = [one for one in ended.filter(origin="move")[:LISTED_EXPORTS] if one.is_available]
    return {
        "form": form,
        "showing": showing,
        "is_proved": is_recent(request),
        "running": running and _words(running),
        "available": [_words(one) | _fetches(one) for one in own if one.is_available],
        "bin_is_used": bins.is_used(Snapshot(person)),
        "past": [_past(one) for one in own if not one.is_available],
        "of_moves": of_moves,
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
    stopping.revoke(get_object_or_404(Export, owner=person_of(request), doc_id=doc_id))
    messages.success(request, _("The link does not work any more, and downloads that used it are broken off."))
    return redirect("exports")


@never_cache
@require_GET
def export(request: HttpRequest, opaque: str) -> HttpResponse:
    """What the mailed link leads to; whoever has it may fetch the parts."""
    found = links.export_of(opaque)
    if found is None:
        response = render(request, "moves/export_over.html", status=404)
    else:
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
    if export.retry_at is not None:
        again = _("It is tried again by itself, for hours.")
        return f"{translated(export.waiting_for)} {again}"
    if export.heartbeat_at is None:
        return _("It waits for its turn.")
    if not export.documents_expected:
        return _("It begins.")
    packed = {"percent": export.percent, "size": human_size(export.files_size)}
    if export.files_size:
        return _("%(percent)s %% is packed, %(size)s of files so far.") % packed
    return _("%(percent)s %% is packed.") % packed


def _words(export: Export) -> dict[str, Any]:
    """What the templates show of an export."""
    parts = list(export.parts.all()) if export.is_available else []
    return {
        "export": export,
        "said": said(export),
        "parts": [_part_links(export, part) for part in parts],
        "held": contents.held(export),
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


def _past(export: Export) -> dict[str, Any]:
    """What the list of past exports shows of one."""
    return {
        "export": export,
        "held": contents.held(export),
        "size": export.archives_size,
        "fetched": export.fetches.exists(),
    }


def _part_links(export: Export, part: Part) -> PartLinks:
    path = links.data_path(export, part.cursor)
    return PartLinks(part, path, f"{path}{'&' if part.cursor else '?'}format=tar")
