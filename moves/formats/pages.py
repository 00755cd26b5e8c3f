"""`/formats`: in which formats other programs read what a person has here, and where each is fetched."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.entry.identity import ConfirmIdentityForm, is_recent
from accounts.models import User
from accounts.person import person_of
from accounts.texts import Text
from importers.documents.snapshot import Snapshot
from importers.formats.format import Format
from importers.vertical import Vertical, verticals


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def formats(request: HttpRequest) -> HttpResponse:
    """The formats of all that the person has. They are fetched by who has typed the password, which is posted here."""
    showing = ConfirmIdentityForm(request, request.POST if request.method == "POST" else None)
    if showing.is_bound and showing.is_valid():
        return redirect("formats")
    words = {"kinds": _kinds(person_of(request)), "showing": showing, "is_proved": is_recent(request)}
    return render(request, "moves/formats.html", words, status=422 if showing.is_bound else 200)


def _kinds(person: User) -> list[dict[str, Any]]:
    """What the page shows of each kind of data that there is something of."""
    found, here = [], Snapshot(person)
    for vertical in verticals():
        shown = [_shown(vertical, one) for one in vertical.formats if _has_any(vertical, one, here)]
        if shown:
            found.append({"title": vertical.title, "path": vertical.path, "formats": shown})
    return found


def _has_any(vertical: Vertical, one: Format, here: Snapshot) -> bool:
    if one.has_any is not None:
        return one.has_any(here)
    return any(here.of(kind.model, owner=here.owner, trashed_at=None).exists() for kind in vertical.kinds)


def _shown(vertical: Vertical, one: Format) -> dict[str, Text]:
    address = reverse("format", args=[vertical.path, one.name])
    return {"title": one.title or one.name, "note": one.note, "address": address}
