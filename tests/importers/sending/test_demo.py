"""`manage.py demo`: the first thing that anybody sees of it."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from importers.management.demo.failure import DemoFailed
from importers.management.demo.keys import Keys
from importers.management.demo.page import Page
from importers.management.demo.server import choose_port
from tests.support.checkout import CHECKOUT
from tests.support.template_database import copy_sqlite


def demo(data_folder: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *options],
        cwd=CHECKOUT,
        env={**os.environ, "WHARF_DATA_DIR": str(data_folder), "PORT": str(free_port()), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def still_listening(said: str) -> bool:
    port = re.search(r"http://127\.0\.0\.1:(\d+)", said)
    assert port
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port[1]))) == 0


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    # as one in 64 passwords begins, and no command may take it for an option
    Keys(passwords={"ada": "-bright-harbour-lantern-42"}).keep_in(folder / "demo.json")
    return folder


@pytest.fixture(scope="module")
def first_run(data_folder: Path) -> Iterator[str]:
    # what a shell may say about a real server must not matter
    run = demo(data_folder, "--once", DATABASE_URL="postgres://nobody@nowhere.invalid/real")
    said, complained = run.communicate(timeout=600)
    assert run.returncode == 0, complained
    yield said


def test_it_shows_an_exporters_whole_work(first_run: str) -> None:
    assert "Consent: ada logs in and lets Demo Cloud in" in first_run
    assert [did for did in re.findall(r"items: (.*);", first_run) if "created" in did] == [
        "21 created",
        "8 created, 1 updated",  # the photo that is in two albums
        "7 created",
        "8 created",
        "3 created",
        "1 created",
        "3 created",
        "2 created",
        "5 created",
        "1 created",
        "6 created",
    ]
    for vertical in (
        "blobs",
        "media",
        "calendar",
        "contacts",
        "social-posts",
        "tasks",
        "notes",
        "offline-data",
        "music",
        "playlists",
        "mail",
    ):
        assert vertical in first_run.partition("What arrived")[2]
    assert re.search(r"/admin/ +operator +\S{12}", first_run)


def test_it_leaves_nothing_running(first_run: str) -> None:
    assert not still_listening(first_run)


def test_run_again_it_changes_nothing_and_ctrl_c_ends_it(first_run: str, data_folder: Path) -> None:
    run = demo(data_folder)
    assert run.stdout
    lines = []
    for line in run.stdout:
        lines.append(line)
        if "Ctrl-C stops" in line:
            break
    said = "".join(lines)
    assert re.findall(r"items: (.*);", said) == [f"{number} unchanged" for number in (21, 9, 7, 8, 3, 1, 3, 2, 5, 1, 6)]
    assert still_listening(said)

    run.send_signal(signal.SIGINT)
    _, complained = run.communicate(timeout=600)

    assert (run.returncode, complained) == (0, "")
    assert not still_listening(said)


def test_a_signal_that_comes_twice_ends_it_quietly(first_run: str, data_folder: Path) -> None:
    run = demo(data_folder)
    assert run.stdout
    said = ""
    while "Ctrl-C stops" not in said:
        said += run.stdout.readline()

    run.send_signal(signal.SIGTERM)
    run.stdout.readline()  # "Stopping."
    for _ in range(10):
        run.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    _, complained = run.communicate(timeout=600)

    assert (run.returncode, complained) == (0, "")
    assert not still_listening(said)


def test_its_credentials_are_for_the_owner_only(first_run: str, data_folder: Path) -> None:
    assert stat.S_IMODE((data_folder / "demo.json").stat().st_mode) == 0o600
    assert Keys.kept_in(data_folder / "demo.json").made == ["ada", "operator"]


def test_a_step_that_does_not_work_is_said_and_nothing_is_left_running(tmp_path: Path) -> None:
    copy_sqlite(tmp_path / "wharf.sqlite3")
    (tmp_path / "server.log").mkdir()  # where a file should be
    run = demo(tmp_path, "--once")

    said, complained = run.communicate(timeout=600)

    assert run.returncode == 1
    assert re.search(r"^Server and worker on .* did not work$", said, re.MULTILINE)
    assert "Is a directory" in complained
    assert "Traceback" not in complained


def test_a_port_that_was_asked_for_and_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(DemoFailed, match="is taken"):
            choose_port(str(taken.getsockname()[1]))


def test_forms_are_read_with_what_they_hide() -> None:
    page = Page.read(
        "<form action='/out'><input type=hidden name=token value=1></form><h1> May <b>it</b>\n in? </h1>"
        "<form method=post><input type='hidden' name='client_id' value='a&amp;b'/><input name='seen' value='no'></form>"
    )

    form = page.form_with("client_id")
    assert form
    assert (form.action, form.hidden) == ("", {"client_id": "a&b"})
    assert page.form_with("seen") is None
    assert page.heading == "May it in?"
