"""An account of some thousand records and over a hundred MB moves from one server to another, by a real browser."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e import account
from tests.e2e.browser import chromium, page
from tests.e2e.moving import (
    PageWatcher,
    SendingService,
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
PATIENCE = 240  # seconds for a step of this size, on a machine that does other things as well
PROCESSES = ("web", "worker", "archives")  # nothing here waits for what is due every minute or later
LARGE = 128  # MiB
POSTS = 3_000
FILES, ALBUMS, EVENTS = 200, 6, 100


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The source and the target; at both, Ada has an account."""
    folder = tmp_path_factory.mktemp("two-servers")
    source, target = Server(folder / "source", "127.0.0.1"), Server(folder / "target", "127.0.0.2")
    target.archives_apart = True
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(begin, (source, target)))
        yield source, target
    finally:
        source.stop()
        target.stop()


def begin(server: Server) -> None:
    server.install()
    server.start(*PROCESSES)
    account.create(server)


def test_an_account_moves_from_server_to_server_and_everything_arrives(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = servers
    account.make_folder(tmp_path / "life", FILES, ALBUMS, EVENTS, LARGE)
    exporter = SendingService(source)
    account.send(source, exporter.tokens["access_token"], tmp_path / "life")
    exporter.send_post("A post")
    account.fill(source, POSTS)
    assert exporter.refresh().status_code == 200
    with page() as browser:
        watcher = PageWatcher.of(browser)
        move_while_it_is_in_use(browser, watcher, source, target, exporter)
        assert_the_source_says_where_it_went(browser, source, target, exporter)
        assert_the_target_has_it(browser, target)
        log_in(browser, source)
        sent = eventually("the hashes", lambda: with_hashes(receipt(browser, source)))
        assert_receipts_agree(sent, receipt_at(browser, target))
    assert mails(source, "Your account has moved")
    assert mails(target, "Your account has arrived")
    assert target.url.removeprefix("http://") in mails(source, "Your account has moved")[0]
    assert source.url.removeprefix("http://") in mails(target, "Your account has arrived")[0]
    assert_equal_content(source, target, exporter, tmp_path)


def move_while_it_is_in_use(
    browser: Page, watcher: PageWatcher, source: Server, target: Server, exporter: SendingService
) -> None:
    """The whole move; until the target has the first archive, an exporter goes on sending."""
    log_in(browser, source)
    ask_for_move(browser, source, target)
    link = mailed_link(source)
    with target.paused("archives"), exporter.sending() as refusals:
        browser.goto(link)
        assert browser.url == f"{target.url}/move/importing"
        eventually("the first archive", lambda: move_of(source)["state"] == "waiting", seconds=PATIENCE)
        sent_before = len(exporter.taken)
        eventually("one more file", lambda: refusals or len(exporter.taken) > sent_before)
    assert not refusals, refusals[0].text  # it is in use until the target has the first archive
    browser.get_by_role("heading", name="You have arrived").wait_for(timeout=PATIENCE * 1000)
    said = browser.inner_text("main")
    assert browser.url == f"{target.url}/move/importing"
    for words in ("All that came was compared, byte by byte", "Connect these again", "The receipt"):
        assert words in said, said
    eventually("the end at the source", lambda: move_of(source)["ended_at"])
    eventually("the end at the target", lambda: move_of(target)["ended_at"])
    assert (move_of(source)["state"], move_of(target)["state"]) == ("moved", "arrived"), move_of(target)["error"]
    assert watcher.redirects == [f"{target.url}/auth/login"]
    assert "Your data is arriving" in [one["title"] for one in watcher.progress]
    assert [one for one in watcher.progress if one["percent"]], watcher.progress  # it showed how far it was


def assert_the_source_says_where_it_went(
    browser: Page, source: Server, target: Server, exporter: SendingService
) -> None:
    browser.goto(f"{source.url}/")
    assert "Your account has moved" in browser.inner_text("main")
    assert browser.locator(f"main a[href^='{target.url}']").count()
    left = account_of(source)
    assert (left["blocked"], left["moved_to"]) == ("moved", f"{target.url}/")
    delete_after = datetime.fromisoformat(left["delete_after"]).replace(tzinfo=UTC)
    assert abs(delete_after - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)
    assert f"{delete_after:%-d %B %Y}" in browser.inner_text("main")
    refreshed = exporter.refresh()
    assert (refreshed.status_code, refreshed.json()["error"]) == (401, "session_invalidated")
    assert exporter.send("too late.txt").status_code == 401


def assert_the_target_has_it(browser: Page, target: Server) -> None:
    log_in(browser, target)
    text = browser.inner_text("main")
    for number, kind in ((EVENTS, "events"), (ALBUMS, "albums"), (ALBUMS * 5, "photos"), (POSTS + 1, "posts")):
        assert f"{number:,}\n{kind}" in text.replace("\n\n", "\n"), text
    in_albums = target.rows(
        "SELECT a.name, count(*) AS photos FROM importers_albumphoto e JOIN importers_album a ON a.id = e.album_id "
        "GROUP BY a.id"
    )
    assert {row["name"]: row["photos"] for row in in_albums} == {f"Álbum {n} 🏝": 5 for n in range(ALBUMS)}


def with_hashes(paper: dict[str, Any]) -> dict[str, Any] | None:
    """A receipt, when each part of what was sent has been read once more and has its hash."""
    parts = [part for one in paper["sent"] for part in one["parts"]]
    return paper if parts and all(len(part["sha256"]) == 64 for part in parts) else None


def receipt_at(browser: Page, server: Server) -> dict[str, Any]:
    log_in(browser, server)
    return receipt(browser, server)


def assert_receipts_agree(sent: dict[str, Any], arrived: dict[str, Any]) -> None:
    """The source's and the target's, as the person has them from both."""
    assert (sent["state"], arrived["state"]) == ("moved", "arrived")
    proof = arrived["proof"]
    assert (proof["kind"], proof["missing"]) == ("manifest", 0)
    assert sent["arrived"]["proof"] == proof
    assert sent["arrived"]["arrived"] == arrived["arrived"]
    first, second = sent["sent"]
    assert proof["documents"] == second["documents"] + second["unchanged"]
    assert proof["files"] == first["files"] + second["files"]
    assert proof["documents"] > POSTS + FILES + EVENTS
    assert proof["size"] == first["files_size"] + second["files_size"] > LARGE * account.MIB
    assert sum(part["size"] for part in first["parts"]) > LARGE * account.MIB
    assert sum(part["size"] for part in second["parts"]) < 32 * account.MIB  # only what the first one had not
    assert [one["documents"] for one in arrived["arrived"]] == [first["documents"], second["documents"]]


def assert_equal_content(source: Server, target: Server, exporter: SendingService, folder: Path) -> None:
    """Both accounts, exported anew: the same entries, to the byte; and what came meanwhile is among them."""
    left, arrived = entries(source, folder / "left"), entries(target, folder / "arrived")
    assert arrived == left, sorted(set(arrived.items()) ^ set(left.items()))[:10]
    assert len(arrived) > POSTS + FILES
    names = {path.rpartition("/")[2] for path in arrived if "/Files/" in path}
    assert exporter.taken
    assert set(exporter.taken) <= names
    assert "too late.txt" not in names
