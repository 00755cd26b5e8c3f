"""`POST /move/imports/precheck` and `POST /move/imports`, as the specification has them."""

import json
from typing import Any

import httpx
import pytest
from django.utils import timezone

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, link_of, post
from tests.support.cozy_archives import cozy_zip, file, instance
from tests.support.exporter import Exporter, Person, file_item, run
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.json_api import JSON_API, assert_refused
from tests.support.takeout import TakeOut

PRECHECK, IMPORTS = "/move/imports/precheck", "/move/imports"


@pytest.fixture
def link(exporter: Exporter, ada: Person, server: str, http: httpx.Client) -> str:
    """An export of a file of 5,000 bytes."""
    exporter.send_file("blobs", file_item("a.bin"), bytes(5000))
    return link_of(server, TakeOut.made(http, ada))


def test_the_precheck_of_what_can_be_imported(link: str, bob: Person, http: httpx.Client) -> None:
    answer = post(http, bob, PRECHECK, {"url": link})
    assert (answer.status_code, answer.content) == (204, b"")
    assert ArchiveImport.objects.count() == 0


def test_an_import_leads_to_the_page_that_waits(link: str, bob: Person, http: httpx.Client) -> None:
    answer = post(http, bob, IMPORTS, {"url": link})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/move/importing")
    assert http.get(answer.headers["Location"]).status_code == 200
    assert ArchiveImport.objects.get().state == "importing"


@pytest.mark.parametrize("path", [PRECHECK, IMPORTS])
@pytest.mark.parametrize(
    "url",
    [
        "https://settings.source.example.invalid/#/exports/ABC",
        "not a link",
        "ftp://127.0.0.1/#/exports/ABC",
        "file:///etc/passwd",
        "http://127.0.0.1:1/#/exports/ABC",
    ],
)
def test_where_no_archive_is_412(path: str, url: str, bob: Person, http: httpx.Client) -> None:
    assert_refused(post(http, bob, path, {"url": url}), 412, "/data/attributes/url")
    assert ArchiveImport.objects.count() == 0


@pytest.mark.parametrize(
    "attributes",
    [{"state": "exporting"}, {"state": "error"}, {"expires_at": "2018-01-01T00:00:00Z"}, {"parts_cursors": "AAA"}],
)
def test_an_export_that_can_not_be_had_is_412(attributes: Any, bob: Person, http: httpx.Client) -> None:
    with ExportingServer(ServedPart(b""), **attributes) as other:
        assert_refused(post(http, bob, PRECHECK, {"url": other.link}), 412)
        assert_refused(post(http, bob, IMPORTS, {"url": other.link}), 412)


def test_addresses_inside_are_not_asked(link: str, bob: Person, http: httpx.Client, settings: Any) -> None:
    settings.WHARF_TRUSTED_NETWORKS = []
    assert_refused(post(http, bob, PRECHECK, {"url": link}), 412)


@pytest.mark.services
@pytest.mark.parametrize("path", [PRECHECK, IMPORTS])
def test_a_quota_that_is_too_small_is_422(path: str, link: str, bob: Person, http: httpx.Client) -> None:
    bob.set_quota(4_999)
    assert_refused(post(http, bob, path, {"url": link}), 422)
    bob.set_quota(50_000)
    assert post(http, bob, path, {"url": link}).status_code in (204, 303)


def test_the_parts_of_a_cozy_say_how_much_there_is_at_least(bob: Person, http: httpx.Client) -> None:
    bob.set_quota(25_000)
    with ExportingServer(*[ServedPart(b"")] * 7, parts_size=10_240) as other:
        assert_refused(post(http, bob, PRECHECK, {"url": other.link}), 422)
    with ExportingServer(*[ServedPart(b"")] * 3, parts_size=10_240) as other:
        assert post(http, bob, PRECHECK, {"url": other.link}).status_code == 204


@pytest.mark.services
def test_what_came_from_there_before_needs_no_room(link: str, bob: Person, http: httpx.Client) -> None:
    Bringing.done(http, bob, link)
    bob.set_quota(bob.used + 10)
    assert post(http, bob, PRECHECK, {"url": link}).status_code == 204
    Bringing.done(http, bob, link)


@pytest.mark.parametrize("url", [None, 7, "", ["https://a.example/#/exports/A"]])
def test_without_a_link_it_is_422(url: Any, bob: Person, http: httpx.Client) -> None:
    assert_refused(post(http, bob, PRECHECK, {"url": url}), 422, "/data/attributes/url")
    assert_refused(post(http, bob, IMPORTS, {"url": url}), 422, "/data/attributes/url")


@pytest.mark.parametrize("path", [PRECHECK, IMPORTS])
def test_a_token_with_the_scope_is_needed(path: str, link: str, bob: Person, http: httpx.Client) -> None:
    assert_refused(post(http, bob, path, {"url": link}, "io.cozy.exports"), 403)
    body = {"data": {"attributes": {"url": link}}}
    assert_refused(http.post(path, json=body, headers={"Content-Type": JSON_API}), 401)
    assert_refused(http.get(path), 405)
    token = run("create_token", bob.name, "--scope", "io.cozy.imports")["access_token"]
    named = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    assert_refused(http.post(path, content=json.dumps(body), headers=named), 415)
    named["Content-Type"] = JSON_API
    assert_refused(http.post(path, content=b"{", headers=named), 400)


@pytest.mark.services
def test_one_at_a_time(link: str, bob: Person, http: httpx.Client) -> None:
    first = Bringing.ask(http, bob, link)
    assert Bringing.ask(http, bob, link).pk == first.pk  # a call that is repeated is the same import
    with ExportingServer(ServedPart(cozy_zip([instance(), *file("f", "/a.txt", b"a")]), ranges=False)) as other:
        assert_refused(post(http, bob, IMPORTS, {"url": other.link}), 409)
        assert job.run(first.pk)
        Bringing.done(http, bob, other.link)


def test_a_blocked_account_is_told(link: str, bob: Person, http: httpx.Client) -> None:
    row = bob.row
    row.blocked, row.blocked_at, row.blocked_note = "operator", timezone.now(), "Nothing can be added: ask Eve."
    row.save()
    answer = post(http, bob, IMPORTS, {"url": link})
    assert_refused(answer, 409)
    assert "ask Eve" in answer.text
