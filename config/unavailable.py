"""What is answered where a service behind this server is gone: 503, in the form of whoever asks."""

import logging
import sys

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.defaults import server_error

from config.readable import UnreadableRequest, refused
from importers.errors import as_refusal

log = logging.getLogger("wharf.request")

NOT_JUST_NOW = UnreadableRequest(_("A service behind this server does not answer. Try again."), 503, retry_after=5)
FULL = UnreadableRequest(_("The disk of this server is full. Its operator is told."), 503, retry_after=60)


def handler500(request: HttpRequest) -> HttpResponseBase:
    """Answers for whatever nobody has caught: 503 where a service is to blame, else 500. Django calls it while it still
    has the exception, also for what its middleware raises. Where programs call, `ProgramErrors` says the same to them.
    """
    error = sys.exc_info()[1]
    refusal = as_refusal(error) if isinstance(error, Exception) else None
    if refusal is None or refusal.code not in ("temporarily_unavailable", "destination_full"):
        return server_error(request)
    log.error("a request could not be answered: %s", refusal.description, exc_info=error)
    return refused(NOT_JUST_NOW if refusal.status == 503 else FULL)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answers what Django can't read, such as a request for another server. Django's own reads the form once more, to
    guard the page's, and fails by that where the form is what can't be read."""
    return render(request, "400.html", status=400)
