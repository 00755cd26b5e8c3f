"""The page where a person waits for their data (moves/moving/arriving.py answers it)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from moves.imports.progress.cookie import visitor
from moves.imports.progress.shown import WITH_REPORT, redirect_address, shown
from moves.imports.progress.status import ArrivalStage, ArrivalStatus, standings

REALTIME = "/move/importing/realtime"


def seen(request: HttpRequest) -> ArrivalStatus:
    """Returns the arrival that a request may see; for a stranger, nothing."""
    return waited_for(request.user.pk, request.COOKIES) or ArrivalStatus(0, ArrivalStage.NOTHING)


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
    """Returns the progress of an account, or how it has ended; `more`: what the page is told besides."""
    logged_in = request.user.pk == standing.owner
    words = {
        "standing": standing,
        "progress": shown(standing),
        "realtime": REALTIME,
        "onwards": redirect_address(standing, logged_in).removeprefix(settings.WHARF_BASE_URL),
        "logged_in": logged_in,
        "reports": standing.stage in WITH_REPORT,
        **more,
    }
    response = render(request, "moves/importing.html", words)
    response["Referrer-Policy"] = "same-origin"
    return response
