"""Every address of the server, as its resolver has them."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {"pk": "1", "id": "1", "application": "1", "client_id": "nobody", "place": "x", "uidb64": "MQ"}
PARAMETER = re.compile(r"<(?:[a-z]+:)?(\w+)>")


def routes(below: Any = None, before: str = "") -> Iterator[str]:
    """Yields the routes of all views, as patterns with their parameters in angle brackets."""
    for pattern in (below or get_resolver()).url_patterns:
        route = before + str(pattern.pattern).lstrip("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route


def address(route: str) -> str:
    """Returns an address of a route, of something that is not there."""
    return "/" + PARAMETER.sub(lambda found: SAMPLES.get(found[1], "0" * 32), route)
