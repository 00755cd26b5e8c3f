"""`POST /move/exports` and `GET /move/exports/<opaque>`, as the specification has them."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.core import signing
from django.test import override_settings
from django.utils import timezone

from moves.models import Export
from tests.support.exporter import Exporter, Person, file_item, run
from tests.support.json_api import JSON_API, assert_refused
from tests.support.takeout import TakeOut, post

SPECIFIED = {
    "parts_size", "parts_cursors", "with_doctypes", "state", "created_at", "expires_at", "total_size",
    "creation_duration", "error",
}  # fmt: skip

NUMBERS: list[Any] = [0, -1, 10**18, "10", 1.5, True, False, [], {}]
LISTS: list[Any] = ["io.cozy.files", [1], [""], ["../x"], ["a b"], ["io/cozy"], {}, 7]
UNUSABLE: list[tuple[str, Any]] = [
    *(("parts_size", value) for value in NUMBERS),
    *(("max_age", value) for value in [*NUMBERS, 1, "1h"]),
    *(("with_doctypes", value) for value in LISTS),
]
MALFORMED: list[Any] = [b"", b"{", b"[]", b"{}", b'{"data": []}', b'{"data": {"attributes": []}}', b"\xff"]


def ask(http: httpx.Client, ada: Person, **attributes: Any) -> httpx.Response:
    return post(http, ada, {"data": {"attributes": attributes}})


def test_the_request_of_the_specification(http: httpx.Client, ada: Person) -> None:
    answer = ask(http, ada, parts_size=10240, with_doctypes=[])
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == JSON_API
    data = answer.json()["data"]
    assert data["type"] == "io.cozy.exports"
    assert len(data["id"]) == 32
    assert int(data["id"], 16)
    assert data["attributes"].keys() >= SPECIFIED
    assert data["attributes"]["state"] == "exporting"
    assert answer.headers["Location"].endswith(data["links"]["self"])
    assert http.get(answer.headers["Location"]).json()["data"] == data


def test_a_done_export_says_so(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.ask(http, ada, max_age=60 * 10**9)
    before = http.get(take_out.path).json()["data"]["meta"]["rev"]
    assert before.startswith("1-")
    from moves.exports import job

    job.run(take_out.pk)
    data = http.get(take_out.path).json()["data"]
    attributes = data["attributes"]
    assert data["meta"]["rev"].startswith("2-")
    assert (attributes["state"], attributes["error"], attributes["parts_cursors"]) == ("done", "", [])
    assert attributes["creation_duration"] > 10**6
    lasts = datetime.fromisoformat(attributes["expires_at"]) - datetime.fromisoformat(attributes["created_at"])
    assert timedelta(seconds=60) <= lasts < timedelta(seconds=90)


@pytest.mark.parametrize(("name", "value"), UNUSABLE)
def test_what_can_not_be_used_is_named(http: httpx.Client, ada: Person, name: str, value: Any) -> None:
    assert_refused(ask(http, ada, **{name: value}), 422, f"/data/attributes/{name}")
    assert Export.objects.count() == 0


@pytest.mark.parametrize("name", ["parts_size", "max_age"])
def test_a_number_that_no_field_holds_can_not_be_read(http: httpx.Client, ada: Person, name: str) -> None:
    assert_refused(ask(http, ada, **{name: 10**30}), 400)
    assert Export.objects.count() == 0


def test_null_and_unknown_attributes_are_no_error(http: httpx.Client, ada: Person) -> None:
    answer = ask(http, ada, parts_size=None, max_age=None, with_doctypes=None, colour="blue")
    assert answer.status_code == 201
    assert answer.json()["data"]["attributes"]["parts_size"] == 1024**3


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_body_is_said_to_be_one(http: httpx.Client, ada: Person, body: bytes) -> None:
    assert_refused(post(http, ada, body), 400)


def test_plain_json_is_taken_and_a_form_is_not(http: httpx.Client, ada: Person) -> None:
    body: dict[str, Any] = {"data": {"attributes": {}}}
    assert_refused(post(http, ada, body, **{"Content-Type": "application/x-www-form-urlencoded"}), 415)
    assert post(http, ada, body, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 201


def test_the_token_must_be_good_and_have_the_scope(http: httpx.Client, ada: Person) -> None:
    body = json.dumps({"data": {"attributes": {}}}).encode()
    headers = {"Content-Type": JSON_API}
    assert_refused(http.post("/move/exports", content=body, headers=headers), 401)
    wrong = http.post("/move/exports", content=body, headers=headers | {"Authorization": "Bearer nonsense"})
    assert_refused(wrong, 401)
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")
    token = run("create_token", "ada", "--scope", "import")["access_token"]
    assert_refused(
        http.post("/move/exports", content=body, headers=headers | {"Authorization": f"Bearer {token}"}), 403
    )


@pytest.mark.services
def test_one_export_at_a_time(http: httpx.Client, ada: Person) -> None:
    first = TakeOut.ask(http, ada)
    assert_refused(ask(http, ada), 409)
    Export.objects.filter(pk=first.pk).update(state=Export.State.ERROR)
    assert ask(http, ada).status_code == 201


@pytest.mark.services
@override_settings(WHARF_EXPORTS_PER_DAY=2)
def test_so_many_exports_a_day(http: httpx.Client, ada: Person) -> None:
    for _ in range(2):
        TakeOut.made(http, ada)
    answer = ask(http, ada)
    assert_refused(answer, 429)
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_401
    Export.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert ask(http, ada).status_code == 201


def test_what_is_not_there_and_what_is_not_yours_look_alike(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    opaque = take_out.path.rpartition("/")[2]
    value, _, signature = opaque.rpartition(".")
    foreign = signing.Signer(key="another server's", salt="moves.exports.links", sep=".").sign(value)
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    unknown = signing.Signer(salt="moves.exports.links", sep=".").sign(f"{'0' * 32}-1")
    bodies = set()
    forged = [foreign, f"{value}.{flipped}", unknown, value, "x", "x" * 5000, "é", take_out.row.doc_id, "-", "a-b.c"]
    for identifier in forged:
        for path in (f"/move/exports/{identifier}", f"/move/exports/data/{identifier}"):
            answer = http.get(path)
            assert_refused(answer, 404)
            bodies.add(answer.content)
    Export.objects.update(expires_at=timezone.now())
    for path in (take_out.path, take_out.data_path()):
        answer = http.get(path)
        assert_refused(answer, 404)
        bodies.add(answer.content)
    assert len(bodies) == 1


def test_what_is_not_done_can_not_be_fetched(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.ask(http, ada)
    assert_refused(take_out.fetch(), 409)


def test_unknown_cursors_formats_and_methods(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    for cursor in ("00001", "nonsense", "-1", "é"):
        assert_refused(take_out.fetch(cursor), 404)
    assert_refused(take_out.fetch(format="rar"), 400)
    for path in (take_out.path, take_out.data_path()):
        assert_refused(http.put(path, content=b"x"), 405)
    assert_refused(http.get("/move/exports"), 405)


def test_no_secret_reaches_the_document(http: httpx.Client, ada: Person) -> None:
    assert "storage_key" not in http.get(TakeOut.made(http, ada).path).text


@pytest.mark.services
def test_a_link_is_good_while_the_export_is_made_however_short_it_lasts(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.ask(http, ada, max_age=10**9)
    Export.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert take_out.attributes["state"] == "exporting"
    from moves.exports import job

    job.run(take_out.pk)
    assert take_out.attributes["state"] == "done"
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert_refused(http.get(take_out.path), 404)


def test_the_reason_of_a_failure_lasts_as_long_as_an_export(
    http: httpx.Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out = TakeOut.ask(http, ada, max_age=60 * 10**9)
    Export.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    from moves.exports import job

    job.fail(take_out.row, "The disk is full.")
    assert (take_out.attributes["state"], take_out.attributes["error"]) == ("error", "The disk is full.")


def chunked(http: httpx.Client, ada: Person, pieces: list[bytes]) -> httpx.Response:
    token = run("create_token", ada.name, "--scope", "io.cozy.exports")["access_token"]
    headers = {"Content-Type": JSON_API, "Authorization": f"Bearer {token}"}
    return http.post("/move/exports", content=iter(pieces), headers=headers)


def test_a_body_in_chunks_is_taken(http: httpx.Client, ada: Person) -> None:
    answer = chunked(http, ada, [b'{"data": {"attr', b'ibutes": {"parts_size": 4096000}}}'])
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["attributes"]["parts_size"] == 4096000


@pytest.mark.parametrize("mebibytes", [0.5, 3])
def test_a_large_body_in_chunks_is_told_why_it_is_not(http: httpx.Client, ada: Person, mebibytes: float) -> None:
    assert_refused(chunked(http, ada, [b" " * 65536] * int(16 * mebibytes)), 413)


def fill(exporter: Exporter, sizes: list[int]) -> None:
    for number, size in enumerate(sizes):
        exporter.send_file("blobs", file_item(f"{number}.bin"), bytes([number]) * size)


@pytest.mark.services
@override_settings(WHARF_EXPORT_MOST_PARTS=3)
def test_a_size_with_which_there_would_be_too_many_parts_is_refused(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    fill(exporter, [100] * 6)
    refused = ask(http, ada, parts_size=100)
    assert_refused(refused, 422, "/data/attributes/parts_size")
    enough = int(re.findall(r"[0-9]+", refused.json()["errors"][0]["detail"])[-1])
    assert len(TakeOut.made(http, ada, parts_size=enough).cursors) <= 3
    assert len(TakeOut.made(http, ada, parts_size=200).cursors) == 3


@pytest.mark.services
@override_settings(WHARF_EXPORT_MOST_PARTS=3)
def test_an_export_that_turns_out_to_have_too_many_parts_says_which_size_is_enough(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    fill(exporter, [101] * 4)
    take_out = TakeOut.ask(http, ada, parts_size=200)  # in sum they fit, one by one they don't
    from moves.exports import job

    job.run(take_out.pk)
    assert take_out.attributes["state"] == "error"
    assert "more than 3 parts" in take_out.attributes["error"]
    enough = int(re.findall(r"[0-9]+", take_out.attributes["error"])[-1])
    assert len(TakeOut.made(http, ada, parts_size=enough).cursors) <= 3


@pytest.mark.services
@override_settings(WHARF_EXPORT_MOST_PARTS=3)
def test_only_the_bytes_that_are_asked_for_count_for_the_number_of_parts(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    fill(exporter, [10_000] * 3)
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1", "content": "x" * 50_000}})
    assert TakeOut.made(http, ada, parts_size=1).cursors == ["", "00001", "00002"]
    fill(exporter, [10_001] * 3)
    assert_refused(ask(http, ada, parts_size=1), 422)
    assert TakeOut.made(http, ada, parts_size=1, with_doctypes=["org.wharf.social.posts"]).cursors == [""]
