"""The page where a person waits for their data: `GET /move/importing`."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from moves.imports.progress.cookie import visitor
from moves.imports.progress.shown import redirect_address, shown
from moves.imports.progress.status import ArrivalStage, ArrivalStatus, standings

REALTIME = "/move/importing/realtime"


@never_cache
def importing(request: HttpRequest) -> HttpResponse:
    """200 for anyone: a source server's client follows a redirect to here, and takes anything else for a failure."""
    standing = waited_for(request.user.pk, request.COOKIES)
    return page(request, standing or ArrivalStatus(0, ArrivalStage.NOTHING))


def waited_for(person: int | None, cookies: Mapping[str, str]) -> ArrivalStatus | None:
    """Returns where the arrival stands that a request may see: of the account that is logged in, or that the cookie
    names.

    With two of them, of that one which is still waited for. None for a stranger. One query at most.
    """
    accounts = [pk for pk in (person, visitor(cookies)) if pk is not None]
    found = standings(accounts) if accounts else {}
    theirs = [found[pk] for pk in accounts if pk in found]
    by_interest = sorted(theirs, key=lambda one: (not one.is_waiting, one.stage == ArrivalStage.NOTHING))
    return by_interest[0] if by_interest else None


def page(request: HttpRequest, standing: ArrivalStatus, **more: Any) -> HttpResponse:
    """Returns the progress of an account; also what its person sees instead of other pages."""
    logged_in = request.user.pk == standing.owner
    words = {
        "standing": standing,
        "progress": shown(standing),
        "realtime": REALTIME,
        "onwards": redirect_address(standing, logged_in).removeprefix(settings.WHARF_BASE_URL),
        "logged_in": logged_in,
        **more,
    }
    response = render(request, "moves/importing.html", words, status=more.get("status", 200))
    response["Referrer-Policy"] = "same-origin"
    return response
