"""`GET /metrics`."""

from hmac import compare_digest
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

BEARER = "Bearer "


@csrf_exempt  # nothing is changed
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads, in its text format 0.0.4. 404 for whoever neither has the token (RFC 6750) nor comes from
    a network that is named. Where the database does not answer, the rest is told."""
    if not _may_see(request):
        raise Http404
    from config.metrics.scrape import CONTENT_TYPE, scraped  # which only those load who may be asked for it

    return HttpResponse(scraped(), content_type=CONTENT_TYPE)


def _may_see(request: HttpRequest) -> bool:
    said = request.headers.get("Authorization", "")
    token = settings.WHARF_METRICS_TOKEN
    if token and said.startswith(BEARER) and compare_digest(said.removeprefix(BEARER).encode(), token.encode()):
        return True
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ip_network(network, strict=False) for network in settings.WHARF_METRICS_NETWORKS)
