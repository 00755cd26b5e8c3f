"""Which addresses a call may reach: checked where the connection is made, on every hop."""

import socket
from typing import Any

import pytest
from django.conf import LazySettings

from moves.peers.client import call
from moves.peers.connections import allowed
from moves.peers.errors import PeerError
from tests.support.answers import redirect
from tests.support.fake_server import FakeReply, FakeServer

OK = FakeReply(200, b"{}")


@pytest.fixture
def trusted(settings: LazySettings) -> None:
    """One address and no other."""
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.1/32"]


def failure(url: str, method: str = "GET", **options: Any) -> PeerError:
    with pytest.raises(PeerError) as raised:
        call(method, url, deadline=5, **options)
    return raised.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:0:127.0.0.1]",
        "[::ffff:0:10.0.0.1]",
        "[64:ff9c::7f00:1]",
        "[1fff::1]",
        "[4000::1]",
        "[e000::1]",
    ],
)
def test_no_private_address_is_called(host: str) -> None:
    refused = failure(f"http://{host}/latest/meta-data?code=secret")
    assert refused.code == "address_refused"
    assert not refused.temporary
    assert "ask the operator of this one" in refused.sentence
    assert "secret" not in str(refused)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_may_be_called_however_a_network_writes_them(address: str) -> None:
    assert allowed().permits_address(address)


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "127.0.0.1", "2130706433", "127.1", "0177.0.0.1", "①②⑦.0.0.1"])
def test_no_way_to_write_loopback_leads_there(host: str) -> None:
    with FakeServer(OK) as peer:
        assert failure(f"http://{host}:{peer.port}/").code in ("address_refused", "bad_address")
        assert peer.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://",
        "http://user:secret@example.org/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://xn--/",
        "http://" + "a" * 300 + ".org/",
    ],
)
def test_what_is_no_public_address_of_a_server_is_told_so(url: str) -> None:
    refused = failure(url)
    assert refused.code == "bad_address"
    assert "secret" not in str(refused)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(status: int) -> None:
    with FakeServer(OK, host="127.0.0.2") as private, FakeServer(redirect(private.url + "/x", status)) as peer:
        refused = failure(peer.url)
        assert refused.code == "address_refused"
        assert "127.0.0.2" not in refused.sentence
        assert private.connections == 0
        assert failure(peer.url, "POST", form={"a": "b"}, follow=True).code == "address_refused"
        assert private.connections == 0


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/", "http://[::1]:1/", "http://[::ffff:10.0.0.1]/", "//192.168.0.1/"]
)
def test_a_second_redirect_is_checked_as_well(location: str) -> None:
    with FakeServer(redirect("/again"), redirect(location)) as peer:
        assert failure(peer.url).code == "address_refused"
        assert peer.connections == 2


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/"])
def test_a_redirect_to_something_else_than_http_is_not_followed(location: str) -> None:
    with FakeServer(redirect(location)) as peer:
        assert failure(peer.url).code == "bad_address"


def named(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The name `peer.example` resolves to one answer after the other. Returns the look-ups, as they come."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host != "peer.example":
            return real(host, port, *rest, **named)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.usefixtures("trusted")
def test_a_name_is_looked_up_once_and_what_was_checked_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = named(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    with FakeServer(OK) as peer:
        assert call("GET", f"http://peer.example:{peer.port}/").status == 200
        assert (len(asked), peer.connections) == (1, 1)
        assert failure(f"http://peer.example:{peer.port}/").code == "address_refused"
        assert peer.connections == 1


@pytest.mark.usefixtures("trusted")
def test_of_the_addresses_of_a_name_only_those_that_may_be_called_are(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    with FakeServer(OK) as peer:
        assert call("GET", f"http://peer.example:{peer.port}/").status == 200


def test_a_trusted_network_is_called(settings: LazySettings) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["10.0.0.0/8", "127.0.0.0/8", "::1/128"]
    with FakeServer(OK) as peer:
        assert call("GET", peer.url).status == 200
        assert call("GET", f"http://localhost:{peer.port}/").status == 200
    assert failure("http://192.168.0.1/").code == "address_refused"


def test_this_server_may_call_itself_and_nothing_beside_it(settings: LazySettings) -> None:
    with FakeServer(OK) as own, FakeServer(OK) as other:
        settings.WHARF_BASE_URL = own.url
        assert call("GET", f"{own.url}/status").status == 200
        assert failure(other.url).code == "address_refused"
        assert failure(f"http://localhost:{own.port}/").code == "address_refused"
        assert other.connections == 0


@pytest.mark.usefixtures("trusted")
def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(OK) as peer, FakeServer(OK) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert call("GET", peer.url).status == 200
        assert proxy.connections == 0
