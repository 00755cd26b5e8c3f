"""Every answer of POST /import/<vertical>: its status, its form, and that nothing a client can send is a 5xx."""

import base64
import hashlib
import json
import time
from datetime import timedelta

import httpx
import pytest
from django.conf import LazySettings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from oauth2_provider.models import AccessToken

from importers.models import Rejection, TransferCount
from importers.registry import SPECIFIED, VERTICALS
from importers.verticals.blobs.models import File
from importers.verticals.social_posts.models import SocialActivity
from importers.verticals.unknown.models import UnknownItem
from tests.support.exporter import BOUNDARY, Exporter, Person, envelope, file_item, related

POST = {"@type": "SocialActivity", "activity": {"id": "1", "title": "Hello"}}


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """Checks the form that exporters read, and gives the description."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    assert body["error"] == code
    assert body["error_description"]
    return str(body["error_description"])


@pytest.mark.services
def test_an_item_is_answered_201_with_its_id_and_what_became_of_it(exporter: Exporter) -> None:
    answer = exporter.send("social-posts", envelope(POST))
    assert answer.status_code == 201
    assert answer.json() == {"id": SocialActivity.objects.get().doc_id, "status": "created"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[]", "JSON object"),
        (b"3", "JSON object"),
        (b"NaN", "not JSON"),
        (b'{"@type": "SocialActivity", "x": NaN}', "not JSON"),
        (b"{}", "@type"),
        (b'{"@type": null}', "@type"),
        (b'{"@type": 7}', "@type"),
        (b'{"@type": "GenericPayload", "payload": []}', "payload"),
        (b'{"@type": "GenericPayload", "payload": {}}', "@type"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_not_an_item_is_answered_400(exporter: Exporter, body: bytes, said: str) -> None:
    answer = exporter.send("social-posts", body)
    assert answer.status_code == 400
    assert said in answer.json()["error_description"]


@pytest.mark.parametrize(("vertical", "kind"), [("blobs", "File"), ("blobs", "BlobbyFileData"), ("photos", "Photo")])
@pytest.mark.parametrize("name", ["a.txt", None])
def test_a_known_item_without_the_file_it_must_bring_is_answered_400(
    exporter: Exporter, vertical: str, kind: str, name: str | None
) -> None:
    answer = exporter.send(vertical, {"@type": kind, "folder": "/", "name": name})
    assert refused(answer, 400, "invalid_item").startswith("file:")


@pytest.mark.parametrize("value", [None, "", [], {}, ["x"], "absent"])
@pytest.mark.parametrize(
    ("vertical", "kind", "path"),
    [
        ("blobs", "Folder", ("path",)),
        ("media", "Album", ("id",)),
        ("calendar", "CalendarModel", ("id",)),
        ("social-posts", "SocialActivity", ("activity", "id")),
        ("social-posts", "SocialActivityData", ("activity",)),
        ("tasks", "TaskList", ("id",)),
    ],
)
def test_a_known_item_without_what_identifies_it_is_kept_whole(
    exporter: Exporter, vertical: str, kind: str, path: tuple[str, ...], value: object
) -> None:
    inner: object = {"title": "there"} | ({} if value == "absent" else {path[-1]: value})
    item = {"@type": kind, "title": "x", **({path[0]: inner} if len(path) > 1 else inner)}  # type: ignore[dict-item]
    answer = exporter.send(vertical, envelope(item))
    assert (answer.status_code, answer.json()["status"]) == (201, "kept")
    kept = UnknownItem.objects.get()
    assert (kept.doc_id, kept.vertical, kept.type) == (answer.json()["id"], vertical, kind)
    assert json.loads(kept.payload) == envelope(item)
    assert TransferCount.objects.get().kept == 1
    assert not Rejection.objects.exists()
    again = exporter.send(vertical, envelope(item))
    assert (again.status_code, again.json()["id"]) == (201, kept.doc_id)


@pytest.mark.parametrize("name", [None, "", {}, "absent"])
@pytest.mark.parametrize("kind", ["File", "BlobbyFileData"])
def test_a_file_without_a_name_is_kept_whole_with_its_bytes(exporter: Exporter, kind: str, name: object) -> None:
    named = {} if name == "absent" else {"name": name} if kind == "File" else {"document": {"name": name}}
    answer = exporter.send_file("blobs", {"@type": kind, "folder": "/a", **named}, b"bytes", "text/plain")
    assert (answer.status_code, answer.json()["status"]) == (201, "kept")
    kept = UnknownItem.objects.get()
    assert kept.content is not None
    assert (kept.content.sha256, kept.mime) == (hashlib.sha256(b"bytes").hexdigest(), "text/plain")


@pytest.mark.services
def test_optional_fields_may_be_absent_null_or_nonsense(exporter: Exporter) -> None:
    nonsense = {"published": "yesterday", "title": {"a": 1}, "url": 7, "location": [], "content": None}
    for number, activity in enumerate([{}, dict.fromkeys(nonsense), nonsense]):
        item = {"@type": "SocialActivity", "metadata": "x", "activity": {"id": number, **activity}}
        assert exporter.send("social-posts", item).status_code == 201
    photo = {"@type": "Photo", "albumId": None, "description": None, "uploadedTime": None, "favoriteInfo": None}
    assert exporter.send_file("media", photo, b"bytes").status_code == 201


@pytest.mark.services
@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1" * 5000, "0.1e-400", "99999999999999", "-99999999999999999999"]
)
def test_numbers_beyond_every_clock_are_kept(exporter: Exporter, number: str) -> None:
    body = '{"@type":"SocialActivity","activity":{"id":"1","published":%s}}' % number
    assert exporter.send("social-posts", body.encode()).status_code == 201
    assert SocialActivity.objects.get().payload == body


@pytest.mark.services
def test_an_unknown_type_is_kept_whole_with_its_file(exporter: Exporter) -> None:
    item = {"@type": "Hologram", "name": "x"}
    answer = exporter.send_file("media", envelope(item), b"3D", "model/x")
    assert (answer.status_code, answer.json()["status"]) == (201, "kept")
    again = exporter.send_file("media", envelope(item), b"3D", "model/x")
    assert again.json() == {"id": answer.json()["id"], "status": "unchanged"}
    assert TransferCount.objects.values_list("kept", "unchanged").get() == (1, 1)
    kept = UnknownItem.objects.get()
    assert (kept.vertical, kept.type, kept.mime) == ("media", "Hologram", "model/x")
    assert kept.content is not None
    assert kept.content.size == 2


def test_a_file_with_an_item_that_has_none_is_kept_too(exporter: Exporter) -> None:
    answer = exporter.send_file("blobs", {"@type": "Folder", "path": "/a"}, b"cover")
    assert (answer.status_code, answer.json()["status"]) == (201, "kept")


def test_no_token_an_unknown_one_and_a_malformed_one_are_answered_401(exporter: Exporter, http: httpx.Client) -> None:
    for header in [None, "", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer é", "x" * 5000]:
        headers = {} if header is None else {b"Authorization": header.encode()}
        answer = http.post("/import/social-posts", json=POST, headers=headers)
        refused(answer, 401, "invalid_token")
        assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_an_expired_token_is_answered_in_the_words_of_the_specification(exporter: Exporter) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    answer = exporter.send("social-posts", POST)
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": "The access token expired"}
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["media", "photos", "videos"])
@pytest.mark.parametrize(
    ("scope", "taken"),
    [
        ("import:media", "Album Photo Video Hologram"),
        ("import:photos", "Album Photo Hologram"),
        ("import:videos", "Album Video Hologram"),
        ("import:photos import:videos", "Album Photo Video Hologram"),
        ("import", "Album Photo Video Hologram"),
    ],
)
def test_a_scope_takes_its_types_at_each_path_of_media(
    server: str, ada: Person, path: str, scope: str, taken: str
) -> None:
    with Exporter(server, ada, "Only some", scope=scope) as exporter:
        answers = {
            "Album": exporter.send(path, {"@type": "Album", "id": "a"}),
            "Photo": exporter.send_file(path, envelope({"@type": "Photo", "name": "p"}), b"p"),
            "Video": exporter.send_file(path, {"@type": "VideoModel", "name": "v"}, b"v"),
            "Hologram": exporter.send_file(path, {"@type": "Hologram"}, b"h"),
        }
    assert {kind: answer.status_code for kind, answer in answers.items()} == {
        kind: 201 if kind in taken.split() else 403 for kind in answers
    }


def test_a_refused_type_names_every_scope_that_would_do(server: str, ada: Person) -> None:
    with Exporter(server, ada, "Only photos", scope="import:photos") as exporter:
        answer = exporter.send_file("media", {"@type": "Video", "name": "v"}, b"v")
    assert "import:media" in refused(answer, 403, "insufficient_scope")
    assert "import:videos" in answer.json()["error_description"]
    assert 'scope="import:media"' in answer.headers["www-authenticate"]


def test_a_scope_of_another_vertical_is_answered_403(server: str, ada: Person) -> None:
    with Exporter(server, ada, "Only files", scope="import:blobs") as exporter:
        answer = exporter.send("social-posts", POST)
        refused(answer, 403, "insufficient_scope")
        assert 'scope="import:social-posts"' in answer.headers["www-authenticate"]
        assert exporter.send("blobs", {"@type": "Folder", "path": "/a"}).status_code == 201


@pytest.mark.parametrize(
    "vertical",
    [*(path for path in SPECIFIED if path not in VERTICALS), "nonsense", "a/b", "blobs/"],
)
def test_a_vertical_that_does_not_exist_yet_is_answered_404(exporter: Exporter, vertical: str) -> None:
    answer = exporter.send(vertical, {"@type": "Bookmark", "url": ""})
    assert "blobs" in refused(answer, 404, "unknown_vertical")


@pytest.mark.services
def test_what_a_vertical_of_tomorrow_sent_is_kept_with_its_rejection(exporter: Exporter) -> None:
    exporter.send("bookmarks", b'{"@type":"Bookmark","url":"https://example.org"}')
    rejection = Rejection.objects.get()
    assert (rejection.vertical, rejection.status, rejection.code) == ("bookmarks", 404, "unknown_vertical")
    assert b"example.org" in bytes(rejection.item)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_answered_405(exporter: Exporter, method: str) -> None:
    answer = exporter.http.request(method, "/import/blobs", headers=exporter.headers)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_body_without_a_length_is_answered_411(exporter: Exporter) -> None:
    answer = exporter.http.post(
        "/import/blobs",
        content=iter([b"{}"]),  # httpx sends an iterator chunked
        headers=exporter.headers | {"Content-Type": "application/json"},
    )
    refused(answer, 411, "length_required")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "multipart/form-data; boundary=x", "multipart/related", "application/x-www-form-urlencoded"],
)
def test_another_content_type_is_answered_415(exporter: Exporter, content_type: str) -> None:
    refused(exporter.post("blobs", b"{}", **{"Content-Type": content_type}), 415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["base64", "Quoted-Printable"])
def test_parts_in_a_transfer_encoding_are_kept_decoded(exporter: Exporter, encoding: str) -> None:
    content = bytes(range(256)) * 5000  # more than the server reads at once
    encode = base64.encodebytes if encoding == "base64" else quopri_all
    # The lengths of the parts say nothing: some senders mean the decoded bytes, and others the encoded ones.
    body = related(b"ITEM", b"CONTENT").replace(b"Content-Length: 7\r\n", b"Content-Length: %d\r\n" % len(content))
    body = body.replace(b"\r\n\r\n", f"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode())
    item = json.dumps(file_item("ü.bin"), ensure_ascii=False).encode()
    body = body.replace(b"ITEM", encode(item)).replace(b"CONTENT", encode(content))
    answer = exporter.post("blobs", body, **{"Content-Type": f"multipart/related; boundary={BOUNDARY}"})
    assert answer.status_code == 201, answer.text
    file = File.objects.get()
    assert (file.name, file.payload) == ("ü.bin", item.decode())
    assert (file.content.size, file.content.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def quopri_all(content: bytes) -> bytes:
    return b"=\r\n".join(
        b"".join(b"=%02X" % byte for byte in content[at : at + 25]) for at in range(0, len(content), 25)
    )


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"\r\n", b"\n", "end with CRLF"),
        (BOUNDARY.encode(), b"another", "No line at the beginning of the body is the boundary"),
    ],
)
def test_a_body_that_is_not_what_it_says_gets_a_true_sentence_and_leaves_its_rejection(
    exporter: Exporter, size: int, old: bytes, new: bytes, said: str
) -> None:
    body = related(file_item("a"), b"c" * size).replace(old, new)
    answer = exporter.post("blobs", body, **{"Content-Type": f"multipart/related; boundary={BOUNDARY}"})
    assert said in refused(answer, 400, "invalid_request")
    rejection = Rejection.objects.get()
    assert said in rejection.reason
    assert b'"name": "a"' in bytes(rejection.item)  # the beginning tells what it was


def test_a_compressed_body_is_answered_415(exporter: Exporter) -> None:
    answer = exporter.send("blobs", b"{}", **{"Content-Encoding": "gzip"})
    refused(answer, 415, "unsupported_media_type")


def test_json_above_ten_mebibytes_is_answered_413(exporter: Exporter) -> None:
    text = "x" * (10 * 1024 * 1024)
    refused(exporter.send("social-posts", POST | {"text": text}), 413, "payload_too_large")
    refused(exporter.send_file("blobs", file_item("a") | {"text": text}, b""), 413, "payload_too_large")
    assert exporter.send("social-posts", POST | {"text": text[:-1000]}).status_code == 201


def test_a_request_above_the_setting_is_answered_413(exporter: Exporter, settings: LazySettings) -> None:
    settings.WHARF_MAX_UPLOAD_BYTES = 1000
    refused(exporter.send_file("blobs", file_item("a"), bytes(1000)), 413, "payload_too_large")
    assert exporter.send_file("blobs", file_item("a"), bytes(100)).status_code == 201


@pytest.mark.services
@pytest.mark.parametrize("size", [10, 2 * 1024 * 1024])
def test_over_the_rate_an_item_waits_for_its_turn_and_is_taken(
    exporter: Exporter, settings: LazySettings, size: int
) -> None:
    settings.WHARF_ITEMS_PER_MINUTE = 100
    began = time.monotonic()
    answers = [exporter.send("social-posts", POST) for _ in range(100)]
    answers += [exporter.send_file("blobs", file_item("a"), bytes(size)) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {201}
    assert time.monotonic() - began > 1.1  # a minute's items at once, and then one each 0.6 s
    assert File.objects.get().content.size == size


@pytest.mark.services
def test_an_item_whose_turn_is_too_far_away_is_answered_429_and_leaves_its_rejection(
    exporter: Exporter, settings: LazySettings
) -> None:
    settings.WHARF_ITEMS_PER_MINUTE = 2
    answers = [exporter.send("social-posts", POST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    refused(answers[2], 429, "too_many_requests")
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    rejection = Rejection.objects.get()
    assert (rejection.code, json.loads(bytes(rejection.item))) == ("too_many_requests", POST)


def test_nothing_below_import_is_a_redirect_or_a_page(exporter: Exporter, http: httpx.Client) -> None:
    for path in ["/import", "/import/", "/import/blobs/", "/import//blobs", "/import/%00", "/import/%FF"]:
        answer = http.post(path, content=b"{}", headers=exporter.headers)
        assert answer.status_code in (401, 404, 405), path
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"error", "error_description"}


def test_an_unreadable_content_type_is_a_415_or_passed_over(exporter: Exporter, http: httpx.Client) -> None:
    unreadable = "application/json; charset*=bogus'en'%41"
    refused(exporter.send("blobs", b"{}", **{"Content-Type": unreadable}), 415, "unsupported_media_type")
    for path in ("/", "/auth/login", "/status", "/content/x", "/admin/", "/oauth/token/", "/oauth/refresh"):
        for method in ("GET", "POST"):
            assert http.request(method, path, headers={"Content-Type": unreadable}).status_code < 500, path


@pytest.mark.services
def test_identifiers_beyond_a_float_are_two(exporter: Exporter) -> None:
    for number in ("1e999", "2e999", "0.1000000000000000000001", "0.1000000000000000000002", "1" * 2000, "1" * 2001):
        body = '{"@type":"SocialActivity","activity":{"id":%s}}' % number
        assert exporter.send("social-posts", body.encode()).json()["status"] == "created"


def test_a_host_that_is_not_ours_is_answered_in_json(exporter: Exporter) -> None:
    assert exporter.send("blobs", {"@type": "Folder", "path": "/"}, Host="elsewhere.example").json()["error"]


def test_what_is_not_http_is_answered_in_json(exporter: Exporter) -> None:
    with exporter.connect() as connection:
        connection.sendall(b"HELLO\r\n\r\n")
        assert b'{"error": "invalid_request"' in connection.recv(4096)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["id", "path", "folder", "name", "document", "activity", "metadata", "albumId", "favoriteInfo", "uploadedTime",
     "calendarId", "startTime", "endTime", "recurrenceRule", "dateModified", "title", "payload"]
)  # fmt: skip
TYPES = st.sampled_from(
    ["Folder", "File", "BlobbyFileData", "Album", "Photo", "VideoModel", "Calendar", "CalendarEvent",
     "SocialActivity", "GenericPayload", "Nobody knows"]
)  # fmt: skip


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    vertical=st.sampled_from(["blobs", "media", "calendar", "social-posts"]),
    kind=TYPES,
    fields=st.dictionaries(FIELDS, JSON_VALUES, max_size=5),
    content=st.none() | st.binary(max_size=20),
)
def test_nothing_that_is_json_is_a_server_error(
    exporter: Exporter, vertical: str, kind: str, fields: dict[str, object], content: bytes | None
) -> None:
    item = {"@type": kind, **fields}
    answer = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 201:
        again = exporter.send(vertical, item) if content is None else exporter.send_file(vertical, item, content)
        assert again.json()["id"] == answer.json()["id"]
        assert again.json()["status"] == "unchanged"


@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.builds(lambda tail: related(file_item("a"), b"b")[:-40] + tail, st.binary(max_size=60))
)
def test_nothing_that_is_not_even_multipart_is_a_server_error(exporter: Exporter, body: bytes) -> None:
    answer = exporter.post("blobs", body, **{"Content-Type": f"multipart/related; boundary={BOUNDARY}"})
    assert answer.status_code in (201, 400), answer.text


@pytest.mark.parametrize("query", ["", "?format=xml", "?format=json", "?format=api"])
@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense", "application/json;q=0"])
def test_neither_accept_nor_format_matters(exporter: Exporter, query: str, accept: str) -> None:
    answer = exporter.send(f"social-posts{query}", POST, Accept=accept)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    check = exporter.http.get(f"/import/{query}", headers=exporter.headers | {"Accept": accept})
    assert check.status_code == 200
    assert check.headers["content-type"] == "application/json"
    assert exporter.http.post(f"/import{query}", headers={"Accept": accept}).status_code in (401, 404, 405)
