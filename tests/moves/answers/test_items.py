"""What exporters see of /import."""

import json

import httpx
import pytest
from django.test import override_settings

from importers.models import Rejection
from tests.support.bad_requests import FORM, bearer, give, refusals, ways_of_asking
from tests.support.exporter import Person
from tests.support.recorded import Asked, compare

pytestmark = pytest.mark.services

# /import
# What is written down of the refused items below, in their order; the same again is counted in the same row.
REJECTED = (
    "unknown_vertical invalid_request insufficient_scope unknown_vertical unknown_vertical insufficient_scope "
    "insufficient_scope "
    "invalid_request unsupported_media_type length_required"
)


def test_items_of_an_import(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    path, kind = "/import/calendar", "application/json"
    item = {"@type": "Calendar", "id": "c", "name": "Work"}
    envelope = {"@type": "GenericPayload", "schemaSource": "...", "apiVersion": "0.1.0", "payload": item}
    body = json.dumps(envelope).encode()
    refusals(asked, ada, path, "import:calendar", body, kind)
    ways_of_asking(asked, "POST", path, bearer(kind=kind), body)
    asked.ask("no such vertical", "POST", "/import/nonsense", bearer(kind=kind), body)
    asked.ask("no such vertical, below another", "POST", "/import/calendar/more", bearer(kind=kind), body)
    asked.ask("another vertical", "POST", "/import/blobs", bearer(kind=kind), body)
    asked.ask("another vertical, and nothing that can be read", "POST", "/import/blobs", bearer(kind=kind), b"{")
    asked.ask("a body that is no item", "POST", path, bearer(kind=kind), b"[]")
    asked.ask("a form", "POST", path, bearer(kind=FORM), b"a=b")
    asked.ask("chunks", "POST", path, bearer(kind=kind), iter([body]))
    give(ada, "import")
    asked.ask("the scope for all", "POST", "/import/social-posts", bearer(kind=kind), body)
    for scope in ("export", "import:photos", ""):
        give(ada, scope)
        asked.ask(f"with the scope {scope}", "POST", path, bearer(kind=kind), body)
        asked.ask(f"with the scope {scope}, no such vertical", "POST", "/import/nonsense", bearer(kind=kind), body)
    rejected = Rejection.objects.order_by("pk").values_list("code", flat=True)
    assert " ".join(rejected) == REJECTED
    with override_settings(WHARF_ITEMS_PER_MINUTE=1):
        give(ada, "export")
        asked.ask("too often, with another scope", "POST", path, bearer(kind=kind), body)
        limited = http.post(path, headers=bearer(kind=kind), content=body)
        assert limited.status_code == 429
        assert 0 < int(limited.headers["Retry-After"]) <= 60
    compare("items", asked)
