"""The page that says that a service behind this server is gone."""

from django.http import HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 5  # seconds


def not_just_now() -> HttpResponse:
    """503 with a page that asks nobody, not even who is logged in."""
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
