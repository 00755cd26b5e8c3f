"""Who may use the admin, besides having the rights: who has shown lately who they are, and, where the server asks for
it, has a second step."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.entry.factors import has_factor
from accounts.person import person_of
from accounts.sessions import SINCE

View = Callable[..., HttpResponse]


def for_operators(view: View) -> View:
    """Asks an operator again who they are, an hour after the log-in or the last time, and then goes on with what was
    asked for."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return led_elsewhere(request) or view(request, *args, **kwargs)

    return asked


def led_elsewhere(request: HttpRequest) -> HttpResponse | None:
    """Returns the way to where a second step is set up, for who needs one; else None. Raises ReauthenticationRequired,
    which becomes the way to where somebody shows again who they are."""
    if settings.WHARF_STAFF_SECOND_FACTOR and not has_factor(person_of(request)):
        return redirect("mfa_index")
    if time.time() - _shown_at(request) > settings.WHARF_STAFF_PROVEN_FOR.total_seconds():
        raise ReauthenticationRequired
    return None


def _shown_at(request: HttpRequest) -> float:
    """When somebody last showed who they are, in seconds since the epoch."""
    records = get_authentication_records(request, person_of(request))
    times = [request.session.get(SINCE), *(one["at"] for one in records if one.get("reauthenticated"))]
    return max((float(at) for at in times if isinstance(at, int | float)), default=0.0)
