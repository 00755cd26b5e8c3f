"""What somebody sees who has tried something too often. Which guard watches what, accounts/throttles.py says."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.throttles import Limit, client_address

View = Callable[..., HttpResponse]


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name somebody tried to log in with, in one spelling however its case."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(name).strip().lower()[:255].replace("\0", "")


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """429 with a page, and with the seconds until the next attempt is looked at."""
    attempt = AccessAttempt.objects.filter(
        username=attempted_name(request, credentials), ip_address=client_address(request)
    ).first()
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    remaining = attempt.attempt_time + cool_off - timezone.now() if attempt else cool_off
    return too_many(request, ceil(remaining.total_seconds()))


def refusal(request: HttpRequest, *limits: Limit) -> HttpResponse | None:
    """Returns 429 with a page where one of the limits is reached, and None otherwise. Nothing is counted."""
    shut = [limit.seconds() for limit in limits if not limit.is_open()]
    return too_many(request, max(shut)) if shut else None


def counted_per_address(limit: type[Limit]) -> Callable[[View], View]:
    """Counts each call of a view for the address that the request comes from. Past the limit the view is not called,
    and the answer is 429 with a page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            here = limit(client_address(request))
            return view(request, *args, **kwargs) if here.take() else too_many(request, here.seconds())

        return counted

    return decorate


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429 with the page for people, and `Retry-After` in seconds."""
    seconds = max(1, seconds)
    response = render(request, "accounts/too_many.html", {"minutes": ceil(seconds / 60)}, status=429)
    response["Retry-After"] = str(seconds)
    return response
