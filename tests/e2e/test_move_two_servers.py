"""An account of some thousand records and a few hundred MB moves from one real server to another, by a real browser."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.e2e import account
from tests.e2e.browser import chromium, page
from tests.e2e.moving import (
    Exporter,
    Watcher,
    account_of,
    ask_for_move,
    entries,
    log_in,
    mailed_link,
    mails,
    move_of,
    receipt,
)
from tests.e2e.servers import Server, eventually

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="No Chromium was found; WHARF_TEST_CHROMIUM may say where one is."
)
LARGE = 256  # MiB
POSTS = 3_000
FILES, ALBUMS, EVENTS = 300, 6, 150


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The source and the target; at both, Ada has an account."""
    folder = tmp_path_factory.mktemp("two-servers")
    source, target = Server(folder / "source", "127.0.0.1"), Server(folder / "target", "127.0.0.2")
    try:
        for server in (source, target):
            server.install()
            server.start()
            account.create(server)
        yield source, target
    finally:
        source.stop()
        target.stop()


def test_an_account_moves_from_server_to_server_and_everything_arrives(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = servers
    account.make_folder(tmp_path / "life", FILES, ALBUMS, EVENTS, LARGE)
    account.send(source, "ada", tmp_path / "life")
    exporter = Exporter(source)
    exporter.send_post("A post")
    account.fill(source, POSTS)

    with page() as browser:
        log_in(browser, source)
        ask_for_move(browser, source, target)
        watcher = Watcher.of(browser)
        with target.paused("archives"), exporter.sending() as refusals:
            browser.goto(mailed_link(source))
            assert browser.url == f"{target.url}/move/importing"
            eventually("the first archive", lambda: move_of(source)["state"] == "waiting", seconds=180)
            before = len(exporter.taken)
            eventually("one more file", lambda: refusals or len(exporter.taken) > before)
            assert not refusals, refusals[0].text  # in use, until the target has the first archive
            with target_goes_on(target):
                browser.wait_for_url(f"{target.url}/auth/login**", timeout=240_000)
                eventually("the end at the source", lambda: move_of(source)["ended_at"])
                eventually("the refusal", lambda: refusals)
        assert (refusals[0].status_code, refusals[0].json()["error"]) in (
            (413, "destination_full"),
            (401, "session_invalidated"),
            (401, "invalid_token"),
        )
