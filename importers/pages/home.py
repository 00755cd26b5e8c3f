"""The front page: what an account holds, for its person; for a stranger, what this server is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.connections import connections
from importers import above
from importers.models import RecordCount
from importers.pages.arrived import arrived
from importers.pages.coming import live_address
from importers.pages.counts import in_bin_of
from importers.pages.needs import needs


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What the account holds and who may add to it; for a stranger, what this server is."""
    if not request.user.is_authenticated:
        return render(request, "accounts/welcome.html", {"sign_up_open": settings.WHARF_SIGN_UP})
    of_person = list(RecordCount.objects.filter(owner=request.user))
    here = arrived(request.user, of_person)
    words = {
        "boxes": [box for box in (written(request) for written in above.home_boxes) if box is not None],
        "address": settings.WHARF_BASE_URL,
        "in_bin": in_bin_of(of_person),
        "needs": needs(request.user, next(iter(here.brought), None)),
        "connections": connections(request.user),
        "live": live_address(),
        "here": here,
    }
    return render(request, "importers/home.html", words)
