"""The end of guessing: what somebody sees who has typed too many wrong passwords."""

from datetime import timedelta
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.throttles import client_address


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


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429 with the page for people, and `Retry-After` in seconds."""
    seconds = max(1, seconds)
    response = render(request, "accounts/too_many.html", {"minutes": ceil(seconds / 60)}, status=429)
    response["Retry-After"] = str(seconds)
    return response
