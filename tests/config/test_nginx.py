"""The configuration of nginx that operators are given, in a real nginx before a real server; what its lines are for."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.hashers import make_password
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as open_socket
from websockets.typing import Origin

from accounts.hashing import PatientPasswordHasher
from importers.models import Content, Upload
from tests.support.arrivals import arriving
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, read_answer, related
from tests.support.nginx import NGINX, RealNginx
from tests.support.production_server import ProductionServer
from tests.support.waiting import PATIENCE, eventually
from tests.support.worker import person as account
from tests.support.worker import session_of

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian and Ubuntu: nginx-light)"),
    pytest.mark.usefixtures("server"),
]

MIB = 1024 * 1024
ELSEWHERE = "127.0.0.2"  # another computer than the one that nginx runs on, which the server believes
FORGED = "203.0.113.9"
UPLOADED = b"|" * (24 * MIB)


@pytest.fixture(scope="module")
def behind(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionServer]:
    """A server in production, which only nginx is to speak to."""
    with ProductionServer(tmp_path_factory.mktemp("production")).running() as behind:
        yield behind


@pytest.fixture(scope="module")
def nginx(behind: ProductionServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNginx]:
    """The configuration as it is."""
    with RealNginx(tmp_path_factory.mktemp("nginx"), behind.address).running() as nginx:
        yield nginx


def write_half(line: socket.socket, exporter: Exporter) -> bytes:
    """Begins an upload, and returns the rest of it."""
    body = related(file_item("big.bin"), UPLOADED)
    line.sendall(exporter.head("blobs", len(body)) + body[: len(body) // 2])
    return body[len(body) // 2 :]


def open_realtime(nginx: RealNginx) -> str:
    """Returns what the page of an import that has ended is told by its WebSocket."""
    ada = account("grace")
    arriving(ada, state="done")
    cookie = f"__Host-sessionid={session_of(ada)}"
    address = nginx.secure.replace("https", "wss", 1) + "/move/importing/realtime"
    with open_socket(
        address, additional_headers={"Cookie": cookie}, ssl=nginx.context, origin=Origin(nginx.secure)
    ) as client:
        return str(client.recv(timeout=PATIENCE))


def log_in(nginx: RealNginx, http: httpx.Client, password: str) -> httpx.Response:
    page = http.get("/auth/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.status_code
    form = {"csrfmiddlewaretoken": token[1], "username": "joan", "password": password}
    return http.post("/auth/login", data=form, headers={"Origin": nginx.secure})


def test_people_log_in_over_tls(nginx: RealNginx) -> None:
    joan = Person.create("joan").row
    joan.password = make_password("a good long password", hasher=PatientPasswordHasher())  # as in production
    joan.save()
    with nginx.client() as http:
        answer = log_in(nginx, http, "a good long password")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert http.get("/").status_code == 200


def test_browsers_in_the_clear_are_led_to_tls_and_tokens_are_refused_there(
    nginx: RealNginx, exporter: Exporter
) -> None:
    for _ in range(2):
        answer = httpx.get(f"{nginx.plain}/auth/login")
        assert (answer.status_code, answer.headers["Location"]) == (
            301,
            f"{nginx.plain.replace('http', 'https')}/auth/login",
        )
    answer = httpx.post(f"{nginx.plain}/import/blobs", headers=exporter.headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "https_required")


def test_an_upload_streams_through(nginx: RealNginx, exporter: Exporter) -> None:
    with nginx.connect() as line:
        rest = write_half(line, exporter)
        eventually(Upload.objects.exists)  # its bytes come in while the exporter still writes
        assert not Content.objects.exists()
        line.sendall(rest)
        assert read_answer(line)[0] == 201
    assert Content.objects.get().size == len(UPLOADED)


def test_an_early_answer_is_there_before_the_body_ends_and_after_it(nginx: RealNginx, exporter: Exporter) -> None:
    exporter.tokens["access_token"] = "dead"
    with nginx.connect() as early:
        write_half(early, exporter)
        assert read_answer(early)[0] == 401
    with nginx.connect() as late:
        late.sendall(write_half(late, exporter))
        status, said = read_answer(late)
    assert (status, said["error"]) == (401, "invalid_token")


def test_a_download_goes_on_where_it_broke_off(nginx: RealNginx, exporter: Exporter) -> None:
    content = bytes(range(256)) * 4096
    with nginx.client() as http:
        sent = http.post(
            "/import/blobs",
            content=related(file_item("a.bin"), content),
            headers=exporter.headers | {"Content-Type": f"multipart/related; boundary={BOUNDARY}"},
        )
        assert sent.status_code == 201
        http.headers["Cookie"] = f"__Host-sessionid={session_of(exporter.person.row)}"
        address = f"/content/{Content.objects.get().sha256}"
        whole = http.get(address)
        assert (whole.status_code, whole.content) == (200, content)
        assert whole.headers["Accept-Ranges"] == "bytes"
        rest = http.get(address, headers={"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]})
        assert (rest.status_code, rest.content) == (206, content[1000:])


def test_the_websocket_comes_through(nginx: RealNginx) -> None:
    assert "redirect" in json.loads(open_realtime(nginx))


@pytest.mark.parametrize("appends", [False, True])
def test_nobody_can_say_that_they_are_somewhere_else(behind: ProductionServer, tmp_path: Path, appends: bool) -> None:
    before = len(behind.logged("a password was wrong"))
    overwrites = "X-Forwarded-For $remote_addr;"
    change = (overwrites, "X-Forwarded-For $proxy_add_x_forwarded_for;") if appends else ("", "")
    with RealNginx(tmp_path, behind.address, *change).running() as nginx:
        transport = httpx.HTTPTransport(verify=nginx.context, local_address=ELSEWHERE)
        said = {"X-Forwarded-For": FORGED, "X-Forwarded-Proto": "http"}
        with httpx.Client(base_url=nginx.secure, transport=transport, headers=said) as http:
            assert log_in(nginx, http, "a wrong password").status_code == 200
    assert [line["address"] for line in behind.logged("a password was wrong")[before:]] == [ELSEWHERE]


def test_while_one_of_two_servers_is_restarted_the_other_one_takes_its_requests(
    behind: ProductionServer, tmp_path: Path, exporter: Exporter
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    two = f"server 127.0.0.1:{port} max_fails=0;\n    keepalive 32;"
    with RealNginx(tmp_path, behind.address, "keepalive 32;", two).running() as nginx, nginx.client() as http:
        body = related(file_item("a.bin"), b"bytes")
        headers = exporter.headers | {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}
        answers = [http.post("/import/blobs", content=body, headers=headers).status_code for _ in range(6)]
    assert answers == [201] * 6


# What happens without a line, as docs/operators.md says


def test_without_the_scheme_nobody_sees_a_page_and_they_are_told_why(behind: ProductionServer, tmp_path: Path) -> None:
    line = "proxy_set_header X-Forwarded-Proto $scheme;"
    with RealNginx(tmp_path, behind.address, line).running() as nginx, nginx.client() as http:
        answer = http.get("/auth/login")
        assert (answer.status_code, "X-Forwarded-Proto" in answer.text) == (503, True)


def test_without_the_host_every_request_is_for_another_server(behind: ProductionServer, tmp_path: Path) -> None:
    with (
        RealNginx(tmp_path, behind.address, "proxy_set_header Host $http_host;").running() as nginx,
        nginx.client() as http,
    ):
        assert http.get("/auth/login").status_code == 400


def test_without_the_upgrade_no_websocket_opens(behind: ProductionServer, tmp_path: Path) -> None:
    line = "proxy_set_header Upgrade $http_upgrade;"
    with RealNginx(tmp_path, behind.address, line).running() as nginx, pytest.raises(InvalidStatus):
        open_realtime(nginx)


def test_without_a_limit_of_none_nginx_refuses_what_is_larger_than_a_mebibyte(
    behind: ProductionServer, tmp_path: Path, exporter: Exporter
) -> None:
    with RealNginx(tmp_path, behind.address, "client_max_body_size 0;").running() as nginx, nginx.client() as http:
        answer = http.post("/import/blobs", content=bytes(2 * MIB), headers=exporter.headers)
        assert (answer.status_code, "nginx" in answer.text) == (413, True)


def test_without_streaming_nothing_arrives_before_the_whole_body_has(
    behind: ProductionServer, tmp_path: Path, exporter: Exporter
) -> None:
    exporter.tokens["access_token"] = "dead"
    line = "proxy_request_buffering off;"
    with RealNginx(tmp_path, behind.address, line).running() as nginx, nginx.connect() as connection:
        rest = write_half(connection, exporter)
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        connection.sendall(rest)
        assert read_answer(connection)[0] == 401
