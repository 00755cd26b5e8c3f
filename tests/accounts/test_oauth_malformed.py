"""Nothing that can be sent to the token endpoints is answered by anything but an error in JSON."""

import base64
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.support.worker import Worker, person

PATHS = ["/oauth/token/", "/oauth/refresh", "/oauth/revoke_token"]
FORM = "application/x-www-form-urlencoded"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b""),
        (FORM, b"grant_type=refresh_token&refresh_token=%00"),
        (FORM, b"grant_type=refresh_token&refresh_token=%ff%fe&token=%ff"),
        (FORM, b"grant_type=refresh_token&refresh_token=\xff\xfe&token=\xff"),
        (FORM, b"grant_type=refresh_token&refresh_token=a&refresh_token=b&token=a&token=b"),
        (FORM, b"&" * 10_000 + b"a=" * 10_000),
        (FORM + "; charset=utf-16", b"grant_type=refresh_token"),
        (FORM + "; charset=nonsense", b"grant_type=refresh_token"),
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'"x"'),
        ("application/json", b"null"),
        ("application/json", b"NaN"),
        ("application/json", b"1" * 5000),
        ("application/json", b"[" * 60_000),
        ("application/json", b'{"refresh_token": 5, "token": 5}'),
        ("application/json", b'{"refresh_token": ["a"], "token": {}}'),
        ("application/json", b'{"refresh_token": "a", "refresh_token": "b", "token": "a", "token": "b"}'),
        ("application/json", b'{"refresh_token": "\\ud800", "token": "\\ud800"}'),
        ("application/json", b'{"refresh_token": "\\u0000", "token": "\\u0000"}'),
        ("application/json", b"\xff"),
        ("text/plain", b"grant_type=refresh_token"),
        ("", b"grant_type=refresh_token"),
    ],
)
def test_a_malformed_body_is_a_clear_error(path: str, kind: str, body: bytes) -> None:
    answer = Worker().send(path, body, kind)
    assert answer.status in (400, 401)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_multipart_form_is_another_media_type(path: str) -> None:
    answer = Worker().send(path, b"--x\r\n\r\n", "multipart/form-data; boundary=x")
    assert (answer.status, answer.body["error"]) == (415, "unsupported_media_type")


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_too_large_is_refused_unread(path: str) -> None:
    assert Worker().send(path, b"x" * 70_000).status == 413


@pytest.mark.django_db
def test_parameters_in_the_address_are_refused() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    answer = worker.send(f"/oauth/refresh?refresh_token={token}&client_id={worker.id}", b"")
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
    assert "in the body" in answer.body["error_description"]


@pytest.mark.django_db
def test_a_parameter_that_is_sent_twice_is_refused() -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    body = urlencode({"refresh_token": token, **worker.credentials})
    assert worker.send("/oauth/refresh", body.encode()).status == 200
    answer = worker.send("/oauth/refresh", f"{body}&refresh_token={token}".encode())
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused_in_json(path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer.json()["error"] == "method_not_allowed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic \N{SNOWMAN}",
        "Basic !!!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"\0:\0").decode(),
        "Basic " + base64.b64encode(b"nobody").decode(),
        "Bearer x",
        "x" * 50_000,
    ],
)
def test_credentials_that_can_not_be_read_are_wrong_credentials(header: str) -> None:
    worker = Worker()
    token = worker.connect(person())["refresh_token"]
    answer = worker.send("/oauth/refresh", f"refresh_token={token}".encode(), Authorization=header)
    assert (answer.status, answer.body["error"]) in ((401, "invalid_client"), (400, "invalid_request"))


class AnythingSent(TestCase):
    @settings(max_examples=150)
    @given(
        path=st.sampled_from(PATHS),
        kind=st.sampled_from([FORM, "application/json"]),
        body=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)),
    )
    def test_any_bytes_are_answered(self, path: str, kind: str, body: bytes) -> None:
        answer = Client().post(path, body, content_type=kind)
        assert answer.status_code in (400, 401)
        assert answer.json().keys() == {"error", "error_description"}

    @settings(max_examples=100)
    @given(
        sent=st.dictionaries(
            st.sampled_from(
                [
                    "grant_type",
                    "code",
                    "refresh_token",
                    "client_id",
                    "client_secret",
                    "scope",
                    "resource",
                    "code_verifier",
                ]
            ),
            st.one_of(
                st.text(max_size=50), st.none(), st.integers(), st.sampled_from(["refresh_token", "authorization_code"])
            ),
        )
    )
    def test_any_members_are_answered(self, sent: dict[str, Any]) -> None:
        answer = Client().post("/oauth/token/", sent, content_type="application/json")
        assert answer.status_code in (400, 401)


@pytest.mark.alone
@pytest.mark.parametrize("path", ["/oauth/token/", "/oauth/refresh", "/oauth/revoke_token/"])
def test_a_body_without_a_length_is_not_read_byte_by_byte(path: str, http: httpx.Client) -> None:
    answer = http.post(path, headers={"Content-Type": FORM}, content=iter([b"x" * 5_000_000]), timeout=3)
    assert answer.json().keys() == {"error", "error_description"}
