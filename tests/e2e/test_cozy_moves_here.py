"""An account moves from a Cozy to this product. The wizard is a separate one, as cozy-move is."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.cozy import parts
from tests.e2e.cozy.account import ALBUMS, CozyAccount, CozyFile, Document, never_imported
from tests.e2e.cozy.reading import ArchiveReading
from tests.e2e.cozy.sample import sample
from tests.e2e.cozy.server import CozyServer
from tests.e2e.cozy.state import PASSWORD, Troubles
from tests.e2e.cozy.visitor import Visitor
from tests.e2e.cozy.wharf import Resident, installation, residents
from tests.e2e.cozy.wizard import CozyWizard, Target
from tests.e2e.servers import Server, eventually

PARTS_SIZE = 1_000_000
LEASE = 45  # seconds
DATA_TYPES_BY_HAND = "com.bitwarden."


@pytest.fixture(scope="module")
def wharf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with installation(
        tmp_path_factory.mktemp("wharf"), "127.0.0.2", WHARF_MOVE_PATIENCE="8", WHARF_MOVE_LEASE=str(LEASE)
    ) as server:
        yield server


@pytest.fixture(scope="module")
def people(wharf: Server) -> dict[str, Resident]:
    return residents(wharf, "ada", "zoe", "abe", "cleo", "emil", "fay", "gus", "hal", "slow0", "slow1", "slow2")


def set_out(cozy: CozyServer, resident: Resident, **more: str) -> Target:
    """The wizard's work, up to the opened mail. Returns what the wizard held for this server."""
    wizard = CozyWizard()
    with Visitor(cozy.url, password=PASSWORD) as leaving, resident.browser() as arriving:
        leaving.log_in()
        leave = wizard.ask_source(leaving)
        target = wizard.ask_target(arriving)
        page = wizard.hand_over(cozy.url, leave, target, **more)
        assert page.status_code == 200, page.text
        answer = leaving.once(cozy.mails[-1])
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"{resident.server.url}/move/importing"
        assert arriving.get("/move/importing").status_code == 200
    return target


@dataclass
class MoveFromCozy:
    """An account on its way."""

    cozy: CozyServer
    resident: Resident


@pytest.fixture(scope="module")
def slow(people: dict[str, Resident]) -> Iterator[dict[str, MoveFromCozy]]:
    """Moves in trouble. They take long, since whoever tries again waits before: so they run beside the others."""
    troubles = {
        "a line that breaks": Troubles(cut={1: [700_000]}),
        "a part that never comes": Troubles(missing={2}),
        "a source that dies": Troubles(hold={2: threading.Event()}),
    }
    with ExitStack() as stack:
        moves = {}
        for number, (what, trouble) in enumerate(troubles.items()):
            cozy = stack.enter_context(CozyServer(sample(), parts_size=PARTS_SIZE, troubles=trouble))
            moves[what] = MoveFromCozy(cozy, people[f"slow{number}"])
            set_out(cozy, moves[what].resident)
        dying = moves["a source that dies"].cozy
        eventually("the third part", lambda: len(downloads(dying)) == 3, 60)
        dying.die()
        yield moves


def wait_for_end(cozy: CozyServer, seconds: float = 60) -> None:
    assert cozy.ended.wait(seconds), "\n".join(map(str, cozy.requests))


def downloads(cozy: CozyServer) -> Counter[str]:
    """How often each part was asked for, by cursor."""
    return Counter(r.query.get("cursor", "") for r in cozy.called("GET", f"/move/exports/data/{cozy.opaque}"))


def instant(text: str) -> float:
    """A time, to the microsecond: what is finer may be lost."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def includes(whole: Any, part: Any) -> bool:
    """Whether all of `part` is in `whole`, which may say more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and includes(whole[k], v) for k, v in part.items())
    return bool(whole == part)


def check_arrived(reading: ArchiveReading, was: CozyAccount) -> None:
    """What came out again is what the Cozy had."""
    has = reading.account
    assert reading.never == []
    _check_documents(has, was)
    present = {identifier: file for identifier, file in was.files.items() if file.content is not None}
    assert set(has.files) == set(present)
    for identifier, file in present.items():
        _check_file(has.files[identifier], file)
    for identifier, directory in was.directories.items():
        assert exact_name(has.directories[identifier]) == directory["name"]
        assert has.directories[identifier]["dir_id"] == directory["dir_id"]
    for album in was.of(ALBUMS):
        members = {identifier for identifier in present if in_album(was.files[identifier], album)}
        assert {identifier for identifier in has.files if in_album(has.files[identifier], album)} == members


def in_album(file: CozyFile, album: str) -> bool:
    return {"type": ALBUMS, "id": album} in (file.document.get("referenced_by") or [])


def exact_name(document: Document) -> str:
    """A name to the code point. A document's own name is one that any file system takes."""
    own = document.get("metadata", {}).get("wharf", {})
    (record,) = own.get("records", [own]) or [{}]
    return str(record.get("name", document["name"]))


def _check_documents(has: CozyAccount, was: CozyAccount) -> None:
    mine = {
        key: document
        for key, document in was.documents.items()
        if not never_imported(*key) and not key[0].startswith(DATA_TYPES_BY_HAND)
    }
    assert set(mine) <= set(has.documents)
    for (doctype, identifier), document in mine.items():
        found = has.documents[doctype, identifier]
        if doctype == ALBUMS:
            assert found["name"] == document["name"]
        elif doctype == "io.cozy.contacts":
            assert includes(found, {k: v for k, v in document.items() if k != "_rev"}), (found, document)
        else:
            assert found == document


def _check_file(has: CozyFile, was: CozyFile) -> None:
    path = was.document["name"]
    assert exact_name(has.document) == path
    assert has.document["dir_id"] == was.document["dir_id"], path
    assert has.content == was.content, path
    for name in ("executable", "trashed", "mime", "class", "tags"):
        assert has.document[name] == was.document[name], (path, name, has.document[name])
    assert includes(has.document["metadata"], was.document["metadata"]), path
    for name in ("created_at", "updated_at"):
        assert instant(has.document[name]) == pytest.approx(instant(was.document[name]), abs=0.001), (path, name)
    references = [r for r in was.document.get("referenced_by") or [] if r not in has.document["referenced_by"]]
    assert references == [], path
    assert sorted(v.content for v in has.versions) == sorted(v.content for v in was.versions), path


def test_an_account_moves_here_with_everything(
    people: dict[str, Resident], slow: dict[str, MoveFromCozy], tmp_path: Path
) -> None:
    resident = people["ada"]
    with CozyServer(sample(), parts_size=PARTS_SIZE) as cozy:
        target = set_out(cozy, resident)
        wait_for_end(cozy)

        assert cozy.moved, cozy.failure
        assert cozy.complaints == []
        assert target.granted["scope"] == "io.cozy.imports"
        assert "refresh_token" not in target.granted
        assert target.granted["token_type"].lower() == "bearer"
        assert target.leave.status in (302, 303)
        assert target.leave.query["vault"] == "false"
        assert int(target.leave.query["used"]) >= 0
        assert "quota" not in target.leave.query

        (finalize,) = cozy.called("POST", "/move/finalize")
        assert finalize.query in ({"subdomain": "flat"}, {"subdomain": "nested"})
        assert finalize.bearer in cozy.tokens
        data = cozy.called("GET", f"/move/exports/data/{cozy.opaque}")
        assert len(downloads(cozy)) > 3
        assert all(request.done and request.done < finalize.at for request in data)
        assert cozy.called("POST", "/move/abort") == []

        check_arrived(resident.taken_out(tmp_path), cozy.account)
        assert resident.service.send().status_code == 201
        assert resident.mailed("/move/vault")
        assert downloads(cozy)[""] == 1  # nothing had to be fetched again


def test_a_file_that_the_cozy_itself_has_lost_is_named_and_nothing_is_closed(people: dict[str, Resident]) -> None:
    """Its document comes without bytes, and says how large it was: so not everything has arrived."""
    resident = people["abe"]
    with CozyServer(sample(lost=True), parts_size=PARTS_SIZE) as cozy:
        set_out(cozy, resident, ignore_vault="true")
        wait_for_end(cozy)
        assert not cozy.moved
        assert cozy.complaints == []
        resident.mailed(r"lost\.txt")
        check_open(resident)


def test_a_wizard_needs_the_password_even_of_who_is_logged_in(people: dict[str, Resident]) -> None:
    resident = people["zoe"]
    with resident.logged_in() as arriving:
        arriving.password = "not the password"
        with pytest.raises(AssertionError):
            CozyWizard().ask_target(arriving)
        arriving.password = resident.browser().password
        assert CozyWizard().ask_target(arriving).token


def test_the_page_of_an_import_is_there_for_anybody(wharf: Server) -> None:
    answer = httpx.get(f"{wharf.url}/move/importing")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_a_part_that_ended_early_as_a_valid_zip_is_fetched_again(people: dict[str, Resident], tmp_path: Path) -> None:
    """What came in the first attempt is not there twice."""
    resident = people["cleo"]
    with CozyServer(sample(), parts_size=PARTS_SIZE, troubles=Troubles(shortened={0: 1})) as cozy:
        set_out(cozy, resident)
        wait_for_end(cozy)
        assert cozy.moved, cozy.failure
        assert cozy.complaints == []
        check_arrived(resident.taken_out(tmp_path), cozy.account)


def test_what_a_short_last_part_lacks_nobody_knows_and_nothing_says_otherwise(people: dict[str, Resident]) -> None:
    """It ended as a valid zip between two files, each time: the person is told what came, and to compare."""
    resident = people["hal"]
    last = len(parts.parts(sample(), PARTS_SIZE)) - 1
    with CozyServer(sample(), parts_size=PARTS_SIZE, troubles=Troubles(shortened={last: 99})) as cozy:
        set_out(cozy, resident, ignore_vault="true")
        wait_for_end(cozy)
        assert cozy.moved, cozy.failure
        assert cozy.complaints == []
        resident.mailed("Nobody can prove that nothing was left out")
        assert not [mail for mail in resident.mails() if "all of it is here" in mail]


def check_open(resident: Resident) -> None:
    """Services can send, and the person finds their own pages instead of one that says what is arriving."""
    assert resident.service.send().status_code == 201

    def own_pages() -> bool:
        pages = [person.get(address) for address in ("/", "/settings/services")]
        return [page.status_code for page in pages] == [200, 200] and title(pages[0]) != title(pages[1])

    with resident.logged_in() as person:
        eventually("the person's own pages", own_pages, 60)


def title(page: httpx.Response) -> str:
    return page.text.partition("<title>")[2].partition("</title>")[0]


def test_an_export_that_fails_leaves_this_account_open(people: dict[str, Resident]) -> None:
    """The source calls abort here, once."""
    resident = people["emil"]
    with CozyServer(sample(), troubles=Troubles(export_fails=True)) as cozy:
        set_out(cozy, resident)
        wait_for_end(cozy)
        time.sleep(0.5)
        assert cozy.complaints == []  # the abort was answered 204
        check_open(resident)


def test_a_worker_that_is_killed_goes_on_where_it_was(
    wharf: Server, people: dict[str, Resident], tmp_path: Path
) -> None:
    resident = people["fay"]
    held = threading.Event()
    with CozyServer(sample(), parts_size=PARTS_SIZE, troubles=Troubles(hold={2: held})) as cozy:
        set_out(cozy, resident)
        eventually("the third part", lambda: len(downloads(cozy)) == 3, 60)
        with resident.logged_in() as person:
            for path in ("/", "/settings/exports"):  # all can be looked at, and say what is on its way
                assert "An account is moving here" in person.get(path).text
            assert (
                title(person.get("/settings/services")) == "Connected services · Wharf"
            )  # what a person controls is open
        assert resident.service.send().status_code == 201
        wharf.restart("worker")
        held.set()
        wait_for_end(cozy, 90)
        assert cozy.moved, cozy.failure
        assert cozy.complaints == []
        assert len(cozy.called("POST", "/move/finalize")) == 1
        check_arrived(resident.taken_out(tmp_path), cozy.account)


def test_a_source_that_is_slow_to_answer_is_told_once_it_hears(people: dict[str, Resident]) -> None:
    resident = people["gus"]
    slow = threading.Event()
    with CozyServer(sample(), parts_size=PARTS_SIZE, troubles=Troubles(answers_finalize=slow)) as cozy:
        set_out(cozy, resident)
        eventually("finalize", lambda: cozy.called("POST", "/move/finalize"), 60)
        time.sleep(3)
        slow.set()
        wait_for_end(cozy)
        assert cozy.moved
        assert cozy.called("POST", "/move/abort") == []
        check_open(resident)


def test_a_download_that_breaks_is_fetched_again(slow: dict[str, MoveFromCozy], tmp_path: Path) -> None:
    move = slow["a line that breaks"]
    wait_for_end(move.cozy, LEASE + 45)
    assert move.cozy.moved, move.cozy.failure
    assert move.cozy.complaints == []
    assert max(downloads(move.cozy).values()) > 1
    check_arrived(move.resident.taken_out(tmp_path), move.cozy.account)


def test_a_part_that_never_comes_ends_the_move(slow: dict[str, MoveFromCozy]) -> None:
    move = slow["a part that never comes"]
    wait_for_end(move.cozy, LEASE + 45)
    assert move.cozy.aborted
    assert not move.cozy.moved
    assert move.cozy.complaints == []
    assert move.cozy.called("POST", "/move/abort")[0].bearer in move.cozy.tokens
    assert move.cozy.called("POST", "/move/finalize") == []
    check_open(move.resident)
    assert move.resident.mailed(move.cozy.domain)


def test_a_source_that_dies_leaves_the_target_open_with_what_came(
    slow: dict[str, MoveFromCozy], tmp_path: Path
) -> None:
    move = slow["a source that dies"]
    move.resident.mailed(move.cozy.domain, LEASE + 45)
    check_open(move.resident)
    assert len(move.resident.taken_out(tmp_path).account.files) > 50
