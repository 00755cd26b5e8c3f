"""`manage.py send_folder`: a whole run, what it prints, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from importers.sending import connection as connection_module
from importers.sending.posts import posts_in
from tests.support.checkout import CHECKOUT
from tests.support.recording_server import RecordingServer, Reply, Request, error, recording_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingServer]:
    monkeypatch.setattr(connection_module, "RETRY_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(connection_module, "FULL_PAUSES", (0.0,))
    with recording_server() as recorder:
        yield recorder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "things"
    (root / "notes").mkdir(parents=True)
    (root / "notes/a.txt").write_bytes(b"12345")
    (root / "notes/b.txt").write_bytes(b"")
    (root / "photo.jpg").write_bytes(b"123")
    return root


def send(server: RecordingServer, folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("send_folder", str(folder), "--to", server.url, "--token", "secret-token", *options, stdout=out)
    return out.getvalue()


def send_and_fail(server: RecordingServer, folder: Path, *options: str) -> tuple[str, CommandError]:
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("send_folder", str(folder), "--to", server.url, "--token", "secret-token", *options, stdout=out)
    return out.getvalue(), failure.value


def test_a_folder_is_sent_and_counted(server: RecordingServer, folder: Path) -> None:
    said = send(server, folder)

    assert server.paths == ["/import/blobs"] * 3 + ["/import/media"]
    assert re.search(r"^Job [0-9a-f-]{36}: 4 items to http://127\.0\.0\.1:\d+/import$", said, re.MULTILINE)
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["created", "bytes"],
        ["blobs", "3", "5", "B"],
        ["media", "1", "3", "B"],
        ["in", "all", "4", "8", "B"],
    ]


def test_what_the_server_did_has_a_column_each(server: RecordingServer, folder: Path) -> None:
    server.replies = [Reply(201, {"status": did}) for did in ("unchanged", "updated", "kept", "nothing known")]

    said = send(server, folder)

    assert said.splitlines()[1].split() == ["updated", "unchanged", "kept", "sent", "bytes"]
    assert said.splitlines()[-1].split() == ["in", "all", "1", "1", "1", "1", "8", "B"]


def test_the_job_of_an_earlier_run_can_go_on(server: RecordingServer, folder: Path) -> None:
    job, series = "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0", "11111111-2222-4333-8444-555555555555"

    said = send(server, folder, "--job-id", job, "--recurring-job-id", series, "--service", "My laptop")

    assert said.startswith(f"Job {job}")
    for request in server.requests:
        assert request.headers["x-dtp-job-id"] == job
        assert request.headers["x-dtp-recurring-job-id"] == series
        assert request.headers["x-dtp-export-service"] == "My laptop"


def test_a_refused_item_is_skipped_listed_and_fails_the_run(server: RecordingServer, folder: Path) -> None:
    def answer(request: Request) -> Reply:
        refused = request.payload.get("name") == "a.txt"
        return error(400, "invalid_request", "name: too plain") if refused else Reply()

    server.answer = answer
    said, failure = send_and_fail(server, folder)

    assert failure.returncode == 1
    assert "blobs  /notes/a.txt: 400 invalid_request (name: too plain)" in said
    assert ["in", "all", "3", "1", "3", "B"] in [line.split() for line in said.splitlines()]


def test_a_refused_item_can_end_the_job_as_a_workers_does(server: RecordingServer, folder: Path) -> None:
    server.answer = lambda request: error(400, "invalid_request")

    said, failure = send_and_fail(server, folder, "--stop-on-error")

    assert "Ended at /notes" in str(failure)
    assert ["in", "all", "4", "0", "B"] in [line.split() for line in said.splitlines()]  # all of them not sent
    assert len(server.requests) == 3


def test_a_vertical_that_is_not_there_is_asked_for_once(server: RecordingServer, folder: Path) -> None:
    server.answer = lambda request: error(404, "not_found") if request.path == "/import/blobs" else Reply()

    said, _ = send_and_fail(server, folder)

    assert server.paths == ["/import/blobs"] * 3 + ["/import/media"]  # one item with its tries, then the next vertical
    assert ["in", "all", "1", "3", "3", "B"] in [line.split() for line in said.splitlines()]


def test_a_full_destination_says_what_is_not_there_and_how_to_go_on(server: RecordingServer, folder: Path) -> None:
    server.replies = [Reply(), Reply()]
    server.answer = lambda request: error(413, "destination_full", "2 GB of 2 GB are used.")

    said, failure = send_and_fail(server, folder)

    assert "2 GB of 2 GB are used. Make room" in str(failure)
    assert "run the same command again" in str(failure)
    assert said.splitlines()[1].split() == ["created", "not", "sent", "bytes"]
    assert said.splitlines()[-1].split() == ["in", "all", "2", "2", "5", "B"]


def test_nothing_from_elsewhere_reaches_the_terminal_as_a_command(
    server: RecordingServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.ics").write_bytes(
        b"BEGIN:VCALENDAR\r\n\x1b]0;mine\x07\x9b31m" + b"x" * 5000 + b"\r\nEND:VCALENDAR\r\n"
    )
    (tmp_path / "link\x1b[2J.txt").symlink_to("nowhere")
    (tmp_path / "name\x1b[2J.txt").touch()
    server.answer = lambda request: error(400, "invalid_item", "No \x1b[2J please")

    err = StringIO()
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("send_folder", str(tmp_path), "--to", server.url, "--token", "t", stdout=out, stderr=err)

    printed = out.getvalue() + err.getvalue() + "".join(capsys.readouterr()) + str(failure.value)
    assert "broken.ics: sent as a file: it could not be read as a calendar" in printed
    assert "\\x1b[2J please" in printed
    assert [mark for mark in printed if not mark.isprintable() and mark not in "\n\r"] == []
    assert max(map(len, err.getvalue().splitlines())) < 400


def test_a_server_that_has_gone_is_not_waited_for_item_by_item(server: RecordingServer, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").touch()
    server.answer = lambda request: Reply(drop=True)

    said, failure = send_and_fail(server, folder)

    assert "does not answer any more" in str(failure)
    assert len(server.requests) == 9  # three items, three tries each
    assert "not sent" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_reported_and_the_rest_sent(server: RecordingServer, folder: Path) -> None:
    (folder / "notes/a.txt").chmod(0)

    said, _ = send_and_fail(server, folder)

    assert "could not be read: Permission denied" in said
    assert len(server.requests) == 3


def test_no_secret_is_printed(server: RecordingServer, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer = lambda request: error(500, "server_error")
    said, failure = send_and_fail(
        server, folder, "--refresh-token", "secret-r", "--client-id", "id", "--client-secret", "secret-s"
    )

    assert "secret" not in said + str(failure) + "".join(capfd.readouterr())


def test_a_retry_is_told_where_there_is_no_terminal(
    server: RecordingServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies = [error(503, "temporarily_unavailable")]

    send(server, folder)

    assert "/notes: 503 temporarily_unavailable; once more in" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--token", "line\nbreak"],
        ["--service", "Caf\u00e9"],
        ["--job-id", "7"],
        ["--to", "ftp://host"],
        ["--as", "mail"],
    ],
)
def test_options_that_make_no_sense_are_refused(server: RecordingServer, folder: Path, options: list[str]) -> None:
    send_and_fail(server, folder, *options)
    assert server.requests == []


def test_a_folder_that_is_not_there_is_said(server: RecordingServer, tmp_path: Path) -> None:
    _, failure = send_and_fail(server, tmp_path / "nowhere")
    assert "nowhere" in str(failure)


def test_ctrl_c_ends_it_cleanly_and_says_how_to_go_on(tmp_path: Path, folder: Path) -> None:
    reached, over = threading.Event(), threading.Event()

    def hang(request: Request) -> Reply:
        reached.set()
        over.wait(10)
        return Reply(drop=True)

    with recording_server() as server:
        server.replies = [Reply()]
        server.answer = hang
        command = [sys.executable, "manage.py", "send_folder", str(folder), "--to", server.url, "--token", "t"]
        environment = {**os.environ, "WHARF_DATA_DIR": str(tmp_path / "unused"), "DATABASE_URL": "sqlite:////no/where"}
        run = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert reached.wait(20)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
        over.set()

    assert run.returncode == 130
    assert "Run the same command again to go on" in err
    assert "Traceback" not in err
    assert out.splitlines()[-1].split() == ["in", "all", "1", "3", "0", "B"]


def test_posts_are_sent_with_their_actor(tmp_path: Path) -> None:
    actor = {"id": "ada", "name": "Ada", "url": None}
    post = {"id": "1", "published": "2024-05-02T09:20:00Z", "content": "Hi", "location": {"name": "Lisboa"}}
    (tmp_path / "posts.json").write_text(json.dumps({"actor": actor, "posts": [post]}))

    (item,) = posts_in(tmp_path / "posts.json")

    assert item.vertical == "social-posts"
    assert item.payload == {
        "@type": "SocialActivity",
        "metadata": {"@type": "SocialActivityMetadata", "actor": {"@type": "SocialActivityActor", **actor}},
        "activity": {
            "@type": "SocialActivityModel",
            "id": "1",
            "published": "2024-05-02T09:20:00Z",
            "type": "NOTE",
            "attachments": [],
            "location": {"@type": "SocialActivityLocation", "name": "Lisboa"},
            "title": None,
            "content": "Hi",
            "url": None,
        },
    }
