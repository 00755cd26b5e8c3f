"""What is said of a form that nobody can tell to be its person's own."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE, REASON_NO_REFERER
from django.shortcuts import render

OTHER_SITE = ("Origin checking failed", "Referer checking failed - ")  # how Django's other reasons begin


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Returns 403 and a page that says why; `reason` is Django's (its `CSRF_FAILURE_VIEW`)."""
    if reason == REASON_NO_REFERER:
        why = "unsaid"
    elif reason == REASON_NO_CSRF_COOKIE:
        why = "no_cookie"
    else:
        why = "other_site" if reason.startswith(OTHER_SITE) else "old"
    return render(request, "403_csrf.html", {"why": why}, status=403)
