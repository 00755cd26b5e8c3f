"""Small calls to another server: what is sent, what is taken, and that each of them ends."""

import time
from pathlib import Path
from typing import Any

import pytest

from moves.peers import connections
from moves.peers.client import call
from moves.peers.errors import PeerError
from tests.support.answers import HEAD, drips, floods, json_api, redirect
from tests.support.certificates import authority
from tests.support.fake_server import FakeCall, FakeReply, FakeServer

pytestmark = pytest.mark.usefixtures("trusted")

OK = FakeReply(200, b'{"status": "OK"}')


def failure(url: str, method: str = "GET", **options: Any) -> PeerError:
    with pytest.raises(PeerError) as raised:
        call(method, url, **options)
    return raised.value


def test_a_form_and_a_token_are_sent_and_json_comes_back() -> None:
    with FakeServer(OK) as peer:
        answer = call("POST", peer.url + "/auth/access_token", token="t0ken", form={"code": "a b"})
        assert (answer.status, answer.object) == (200, {"status": "OK"})
    sent = peer.calls[0]
    assert sent.head.startswith(b"POST /auth/access_token HTTP/1.1")
    assert sent.header("Authorization") == "Bearer t0ken"
    assert sent.header("Content-Type") == "application/x-www-form-urlencoded"
    assert sent.header("Accept-Encoding") == "identity"


def test_a_token_goes_to_no_other_server() -> None:
    with FakeServer(OK) as other, FakeServer(redirect(other.url)) as peer:
        assert call("GET", peer.url, token="t0ken").status == 200
    assert peer.calls[0].header("Authorization") == "Bearer t0ken"
    assert other.calls[0].header("Authorization") == ""


def test_a_redirected_post_is_told_and_not_sent_again() -> None:
    with FakeServer(redirect("/elsewhere?code=secret", 307)) as peer:
        failed = failure(peer.url, "POST", json={})
        assert (failed.code, failed.status, failed.location) == ("redirected", 307, "/elsewhere?code=secret")
        assert "secret" not in failed.sentence
        assert len(peer.calls) == 1


def test_a_303_is_followed_by_a_get_where_the_caller_says_so() -> None:
    with FakeServer(redirect("/move/importing", 303), FakeReply(200, b"page")) as peer:
        assert call("POST", peer.url + "/move/imports", token="t", json={}, follow=True).body == b"page"
    assert peer.calls[1].head.startswith(b"GET /move/importing ")
    assert peer.calls[1].header("Authorization") == "Bearer t"


def test_redirects_in_a_circle_end() -> None:
    with FakeServer(redirect("/round")) as peer:
        assert failure(peer.url).code == "redirected"
        assert len(peer.calls) < 10


@pytest.mark.parametrize(
    ("status", "temporary"),
    [
        (400, False),
        (401, False),
        (404, False),
        (413, False),
        (429, True),
        (500, True),
        (503, True),
    ],
)
def test_a_refusal_says_what_was_answered_and_whether_it_may_pass(status: int, temporary: bool) -> None:
    with FakeServer(FakeReply(status, b'{"errors": []}')) as peer:
        failed = failure(peer.url + "/?token=secret")
    assert (failed.code, failed.status, failed.temporary) == ("refused", status, temporary)
    assert failed.body == b'{"errors": []}'
    assert "secret" not in failed.sentence


def test_a_refusal_that_comes_while_the_body_is_written_arrives() -> None:
    with FakeServer(FakeReply(413).raw, reads=False) as peer:
        assert failure(peer.url, "POST", form={"a": "x" * 20_000_000}).status == 413


@pytest.mark.parametrize("body", [b"<html>", b'{"a": ', b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_not_json_is_told(body: bytes) -> None:
    with FakeServer(FakeReply(200, body)) as peer:
        answer = call("GET", peer.url)
        with pytest.raises(PeerError, match="did not answer in JSON"):
            _ = answer.json


def test_json_that_is_no_object_is_told() -> None:
    with FakeServer(json_api([1])) as peer, pytest.raises(PeerError, match="not with an object"):
        _ = call("GET", peer.url).object


def test_an_answer_that_never_ends_is_cut_at_its_limit() -> None:
    with FakeServer(floods(HEAD + b"\r\n")) as peer:
        assert failure(peer.url, most_bytes=1_000_000).code == "too_large"
    with FakeServer(floods(b"HTTP/1.1 500 Oops\r\n\r\n")) as peer:
        failed = failure(peer.url, most_bytes=1_000_000)
    assert (failed.status, len(failed.body) < 3_000_000) == (500, True)


def test_a_compressed_answer_is_not_unpacked() -> None:
    with FakeServer(FakeReply(200, b"\x1f\x8b", headers={"Content-Encoding": "gzip"})) as peer:
        assert failure(peer.url).code == "malformed"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"", b""),
        (HEAD, b""),
        (HEAD, b"X-Drop: y\r\n"),
        (HEAD + b"X-Long: ", b"y"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b"y"),
        (HEAD + b"\r\n", b"y"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\ny\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
)
def test_what_comes_by_drips_ends_at_the_deadline(before: bytes, drop: bytes) -> None:
    began = time.monotonic()
    with FakeServer(drips(before, drop)) as peer:
        failed = failure(peer.url, deadline=1)
    assert (failed.code, failed.temporary) == ("timed_out", True)
    assert time.monotonic() - began < 3


@pytest.mark.alone
def test_redirects_share_one_deadline() -> None:
    def slowly(_: FakeCall) -> FakeReply:
        time.sleep(0.5)
        return redirect("/on")

    began = time.monotonic()
    with FakeServer(slowly) as peer:
        assert failure(peer.url, deadline=1).code == "timed_out"
    assert time.monotonic() - began < 3


def test_a_head_without_end_is_no_answer() -> None:
    with FakeServer(floods(HEAD + b"X-Long: ")) as peer:
        assert failure(peer.url, deadline=10).code == "malformed"


@pytest.mark.alone
def test_a_server_that_does_not_read_ends_at_the_deadline() -> None:
    with FakeServer(lambda call: time.sleep(5), reads=False) as peer:
        began = time.monotonic()
        assert failure(peer.url, "POST", form={"a": "x" * 50_000_000}, deadline=1).code == "timed_out"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/9 what\r\n\r\n"])
def test_what_is_no_http_server_is_told(answer: bytes) -> None:
    with FakeServer(answer) as peer:
        assert failure(peer.url).code in ("malformed", "broken")


def test_an_answer_that_ends_too_early_is_told() -> None:
    with FakeServer(FakeReply(200, b"{}", length=100)) as peer:
        failed = failure(peer.url)
    assert (failed.code, failed.temporary) == ("broken", True)


def test_nobody_listens_and_nobody_of_that_name() -> None:
    with FakeServer(OK) as peer:
        pass
    failed = failure(peer.url)
    assert (failed.code, failed.temporary) == ("unreachable", True)
    assert failed.sentence == f"Nothing listens at 127.0.0.1:{peer.port}. Is it running, and is the port right?"
    assert "Check the spelling" in failure("http://nobody.invalid/").sentence


@pytest.mark.usefixtures("fresh_authorities")
def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, tls = authority(tmp_path)
    with FakeServer(OK, tls=tls) as peer:
        failed = failure(peer.url)
        assert (failed.code, failed.temporary) == ("tls", False)
        assert "certificate of 127.0.0.1" in failed.sentence

        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        connections._tls.cache_clear()
        assert call("GET", peer.url).status == 200
        wrong_name = failure(peer.url.replace("127.0.0.1", "localhost"))
        assert wrong_name.code == "tls"
    with FakeServer(OK, greeting=b"220 mail.example ESMTP\r\n") as plain:
        assert failure(plain.url.replace("http:", "https:")).code == "tls"


@pytest.mark.usefixtures("fresh_authorities")
def test_no_redirect_leaves_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, tls = authority(tmp_path)
    with FakeServer(OK) as plain:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with FakeServer(redirect(plain.url), tls=tls) as peer:
            failed = failure(peer.url)
            assert failed.code == "redirected"
            assert "not encrypted" in failed.sentence
            assert plain.connections == 0
