"""Forms in which things are marked, and where to go after them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from importers.bin.asked import NAMES


def nothing_marked(request: HttpRequest) -> HttpResponseRedirect | None:
    """Returns the way back to the list, with a sentence, where a form says a kind and nothing of it: a kind alone,
    which in an address means all of it, would throw all of it away unasked. None where something is said."""
    if "kind" not in request.POST or any(name in request.POST for name in NAMES if name != "kind"):
        return None
    messages.warning(request, _("Nothing was marked, so nothing was done."))
    return HttpResponseRedirect(next_address(request, request.POST.get("next", "")) or reverse("home"))


def next_address(request: HttpRequest, address: str) -> str:
    """Returns where to go afterwards, if that is on this server; empty where nothing was said."""
    allowed = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if allowed else ""
