"""What programs see of /move/exports."""

from datetime import timedelta

import httpx
import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from moves.models import Export
from tests.support.bad_requests import EXPORTS, Attributes, bearer, bodies, document, give, refusals, ways_of_asking
from tests.support.exporter import Person
from tests.support.recorded import Asked, compare

pytestmark = pytest.mark.services


def test_asking_for_an_export(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http, Export.objects.all().delete)
    path, good = "/move/exports", document(parts_size=10_240)
    refusals(asked, ada, path, EXPORTS, good)
    bodies(asked, path, good)
    ways_of_asking(asked, "POST", path, bearer(), good)
    wrong: list[Attributes] = [{"parts_size": 0}, {"max_age": "1h"}, {"with_doctypes": ["a b"]}, {"with_doctypes": {}}]
    for attributes in wrong:
        asked.ask(f"attributes {attributes}", "POST", path, bearer(), document(**attributes))
    asked.ask("attributes that nobody knows", "POST", path, bearer(), document(colour="\ud800"))
    asked.ask("with all scopes there are", "POST", path, bearer(), good)
    asked.go_on("another one", "POST", path, bearer(), good)
    with override_settings(WHARF_EXPORTS_PER_DAY=1):
        Export.objects.update(state="done")
        asked.go_on("too many in a day", "POST", path, bearer(), good)
    User.objects.filter(pk=ada.row.pk).update(blocked="operator", blocked_note="Ask Eve.")
    asked.ask("of an account that is blocked", "POST", path, bearer(), good)
    compare("exports", asked)


def test_the_document_of_an_export(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    give(ada, EXPORTS)
    made = http.post("/move/exports", headers=bearer(), content=document()).json()
    path = made["data"]["links"]["self"]
    ways_of_asking(asked, "GET", path, {}, None)
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        asked.ask(f"{method} of it", method, path)
    asked.ask("a token is not asked", "GET", path, {"Authorization": "Bearer nonsense"})
    asked.ask("a slash at the end", "GET", f"{path}/")
    asked.ask("another host", "GET", path, {"Host": "evil.example"})
    for unknown in ("x", "%00", "é", "x" * 300, f"{'0' * 32}-1.abc", "%2e%2e", "a%2Fb"):
        asked.ask(f"unknown: {unknown}", "GET", f"/move/exports/{unknown}")
        asked.ask(f"unknown, by HEAD: {unknown}", "HEAD", f"/move/exports/{unknown}")
        asked.ask(f"unknown, by POST: {unknown}", "POST", f"/move/exports/{unknown}", bearer(), b"{}")
    asked.ask("no identifier", "GET", "/move/exports/")
    Export.objects.update(state="error", error="It failed: \N{SNOWMAN}.")
    asked.ask("one that failed", "GET", path)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    asked.ask("one that has expired", "GET", path)
    compare("export", asked)


def test_downloads_answer_errors_as_before(http: httpx.Client, ada: Person) -> None:
    asked = Asked(http)
    give(ada, EXPORTS)
    made = http.post("/move/exports", headers=bearer(), content=document()).json()
    path = made["data"]["links"]["self"].replace("/move/exports/", "/move/exports/data/")
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        asked.ask(f"{method} of an export that is not done", method, path)
    asked.ask("another format", "GET", f"{path}?format=rar")
    asked.ask("unknown", "GET", "/move/exports/data/x")
    compare("data", asked)
