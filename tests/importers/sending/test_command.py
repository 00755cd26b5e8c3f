"""`manage.py send_folder`: a whole run, what it prints, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from importers.sending.posts import posts_in
from tests.support.answers import CREATED, item_refused
from tests.support.checkout import CHECKOUT
from tests.support.fake_server import FakeCall, FakeReply, FakeServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "things"
    (root / "notes").mkdir(parents=True)
    (root / "notes/a.txt").write_bytes(b"12345")
    (root / "notes/b.txt").write_bytes(b"")
    (root / "photo.jpg").write_bytes(b"123")
    return root


def no_pause(seconds: float) -> None:
    """Tries again at once."""


def said_to(receiver: FakeServer, folder: Path) -> list[str]:
    return ["send_folder", str(folder), "--to", receiver.url, "--token", "secret-token"]


def send(receiver: FakeServer, folder: Path, *options: str) -> str:
    out = StringIO()
    call_command(*said_to(receiver, folder), *options, stdout=out, sleep=no_pause)
    return out.getvalue()


def send_and_fail(receiver: FakeServer, folder: Path, *options: str) -> tuple[str, CommandError]:
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(*said_to(receiver, folder), *options, stdout=out, sleep=no_pause)
    return out.getvalue(), failure.value


def test_a_folder_is_sent_and_counted(receiver: FakeServer, folder: Path) -> None:
    said = send(receiver, folder)

    assert receiver.paths == ["/import/blobs"] * 3 + ["/import/media"]
    assert re.search(r"^Job [0-9a-f-]{36}: 4 items to http://127\.0\.0\.1:\d+/import$", said, re.MULTILINE)
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["created", "bytes"],
        ["blobs", "3", "5", "B"],
        ["media", "1", "3", "B"],
        ["in", "all", "4", "8", "B"],
    ]


def test_what_the_server_did_has_a_column_each(receiver: FakeServer, folder: Path) -> None:
    receiver.once = [FakeReply(201, {"status": did}) for did in ("unchanged", "updated", "kept", "nothing known")]

    said = send(receiver, folder)

    assert said.splitlines()[1].split() == ["updated", "unchanged", "kept", "sent", "bytes"]
    assert said.splitlines()[-1].split() == ["in", "all", "1", "1", "1", "1", "8", "B"]


def test_the_job_of_an_earlier_run_can_go_on(receiver: FakeServer, folder: Path) -> None:
    job, series = "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0", "11111111-2222-4333-8444-555555555555"

    said = send(receiver, folder, "--job-id", job, "--recurring-job-id", series, "--service", "My laptop")

    assert said.startswith(f"Job {job}")
    for call in receiver.calls:
        assert call.headers["x-dtp-job-id"] == job
        assert call.headers["x-dtp-recurring-job-id"] == series
        assert call.headers["x-dtp-export-service"] == "My laptop"


def test_a_refused_item_is_skipped_listed_and_fails_the_run(receiver: FakeServer, folder: Path) -> None:
    def answer(call: FakeCall) -> FakeReply:
        refused = call.json["payload"].get("name") == "a.txt"
        return item_refused(400, "invalid_request", "name: too plain") if refused else CREATED

    receiver.otherwise(answer)
    said, failure = send_and_fail(receiver, folder)

    assert failure.returncode == 1
    assert "blobs  /notes/a.txt: 400 invalid_request (name: too plain)" in said
    assert ["in", "all", "3", "1", "3", "B"] in [line.split() for line in said.splitlines()]


def test_a_refused_item_can_end_the_job_as_a_workers_does(receiver: FakeServer, folder: Path) -> None:
    receiver.otherwise(item_refused(400, "invalid_request"))

    said, failure = send_and_fail(receiver, folder, "--stop-on-error")

    assert "Ended at /notes" in str(failure)
    assert ["in", "all", "4", "0", "B"] in [line.split() for line in said.splitlines()]  # all of them not sent
    assert len(receiver.calls) == 6  # one item with its tries


def test_a_vertical_that_is_not_there_is_asked_for_once(receiver: FakeServer, folder: Path) -> None:
    receiver.otherwise(lambda call: item_refused(404, "not_found") if call.path == "/import/blobs" else CREATED)

    said, _ = send_and_fail(receiver, folder)

    # one item with its tries, then the next vertical
    assert receiver.paths == ["/import/blobs"] * 6 + ["/import/media"]
    assert ["in", "all", "1", "3", "3", "B"] in [line.split() for line in said.splitlines()]


def test_a_full_destination_says_what_is_not_there_and_how_to_go_on(receiver: FakeServer, folder: Path) -> None:
    receiver.once = [CREATED, CREATED]
    receiver.otherwise(item_refused(413, "destination_full", "2 GB of 2 GB are used."))

    said, failure = send_and_fail(receiver, folder)

    assert "2 GB of 2 GB are used. Make room" in str(failure)
    assert "run the same command again" in str(failure)
    assert said.splitlines()[1].split() == ["created", "not", "sent", "bytes"]
    assert said.splitlines()[-1].split() == ["in", "all", "2", "2", "5", "B"]


def test_nothing_from_elsewhere_reaches_the_terminal_as_a_command(
    receiver: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.ics").write_bytes(
        b"BEGIN:VCALENDAR\r\n\x1b]0;mine\x07\x9b31m" + b"x" * 5000 + b"\r\nEND:VCALENDAR\r\n"
    )
    (tmp_path / "link\x1b[2J.txt").symlink_to("nowhere")
    (tmp_path / "name\x1b[2J.txt").touch()
    receiver.otherwise(item_refused(400, "invalid_item", "No \x1b[2J please"))

    err = StringIO()
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(*said_to(receiver, tmp_path), stdout=out, stderr=err, sleep=no_pause)

    printed = out.getvalue() + err.getvalue() + "".join(capsys.readouterr()) + str(failure.value)
    assert "broken.ics: sent as a file: it could not be read as a calendar" in printed
    assert "\\x1b[2J please" in printed
    assert [mark for mark in printed if not mark.isprintable() and mark not in "\n\r"] == []
    assert max(map(len, err.getvalue().splitlines())) < 400


def test_a_server_that_has_gone_is_not_waited_for_item_by_item(receiver: FakeServer, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").touch()
    receiver.otherwise(FakeReply(hang_up=True))

    said, failure = send_and_fail(receiver, folder)

    assert "does not answer any more" in str(failure)
    assert len(receiver.calls) == 18  # three items, six tries each
    assert "not sent" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_reported_and_the_rest_sent(receiver: FakeServer, folder: Path) -> None:
    (folder / "notes/a.txt").chmod(0)

    said, _ = send_and_fail(receiver, folder)

    assert "could not be read: Permission denied" in said
    assert len(receiver.calls) == 3


def test_no_secret_is_printed(receiver: FakeServer, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    receiver.otherwise(item_refused(500, "server_error"))
    said, failure = send_and_fail(
        receiver, folder, "--refresh-token", "secret-r", "--client-id", "id", "--client-secret", "secret-s"
    )

    assert "secret" not in said + str(failure) + "".join(capfd.readouterr())


def test_a_retry_is_told_where_there_is_no_terminal(
    receiver: FakeServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.once = [item_refused(503, "temporarily_unavailable")]

    send(receiver, folder)

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
def test_options_that_make_no_sense_are_refused(receiver: FakeServer, folder: Path, options: list[str]) -> None:
    send_and_fail(receiver, folder, *options)
    assert receiver.calls == []


def test_a_folder_that_is_not_there_is_said(receiver: FakeServer, tmp_path: Path) -> None:
    _, failure = send_and_fail(receiver, tmp_path / "nowhere")
    assert "nowhere" in str(failure)


def test_ctrl_c_ends_it_cleanly_and_says_how_to_go_on(tmp_path: Path, folder: Path) -> None:
    reached, over = threading.Event(), threading.Event()

    def hang(call: FakeCall) -> FakeReply:
        reached.set()
        over.wait(10)
        return FakeReply(hang_up=True)

    with FakeServer() as receiver:
        receiver.once = [CREATED]
        receiver.otherwise(hang)
        command = [sys.executable, "manage.py", "send_folder", str(folder), "--to", receiver.url, "--token", "t"]
        environment = {**os.environ, "WHARF_DATA_DIR": str(tmp_path / "unused"), "DATABASE_URL": "sqlite:////no/where"}
        run = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert reached.wait(60)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
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
