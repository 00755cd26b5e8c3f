"""An account moves from this product to a Cozy. The wizard is a separate one, as cozy-move is."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import account as accounts
from tests.e2e.cozy.account import ALBUMS, CozyAccount
from tests.e2e.cozy.calls import call
from tests.e2e.cozy.reading import photos_of
from tests.e2e.cozy.sample import sample
from tests.e2e.cozy.server import CozyServer
from tests.e2e.cozy.state import PASSWORD, Troubles
from tests.e2e.cozy.visitor import Visitor
from tests.e2e.cozy.wharf import Resident, Service, installation, residents
from tests.e2e.cozy.wizard import CozyWizard, Leave, Target
from tests.e2e.servers import Server, eventually

LEASE = 8  # seconds
PATIENCE = 6
KNOWN = "https://known.example"
ALBUM_PHOTOS = 3 * 5


@pytest.fixture(scope="module")
def wharf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with installation(
        tmp_path_factory.mktemp("wharf"),
        "127.0.0.3",
        WHARF_MOVE_LEASE=str(LEASE),
        WHARF_MOVE_PATIENCE=str(PATIENCE),
        WHARF_KNOWN_WIZARDS=KNOWN,
    ) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files, photos in albums and a calendar, as a service sends them."""
    folder = tmp_path_factory.mktemp("folder")
    accounts.make_folder(folder, files=60, albums=3, events=20, large=3)
    return folder


@pytest.fixture(scope="module")
def people(wharf: Server) -> dict[str, Resident]:
    return residents(wharf, "ada", "bea", "kay", "lea", "mia", "noa", "slow0", "slow1", "slow2")


def set_out(resident: Resident, person: Visitor, cozy: CozyServer) -> tuple[Leave, Target]:
    """The wizard's work, up to the opened mail."""
    wizard = CozyWizard()
    leave = wizard.ask_source(person, button="allow")
    with Visitor(cozy.url, password=PASSWORD) as arriving:
        target = wizard.ask_target(arriving, cozy.url)
    page = wizard.hand_over(resident.server.url, leave, target)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html"), page.text
    assert cozy.called("POST", "/move/importing") == []  # nothing happens before the mail is opened
    link = resident.mailed(r"http\S+/move/go\?secret=\S+")
    progress = f"{cozy.url}move/importing?source="
    # Until the Cozy has answered, the link leads to the page of the move.
    eventually("the Cozy's progress", lambda: person.once(link).headers["location"].startswith(progress))
    return leave, target


@dataclass
class MoveToCozy:
    """An account on its way."""

    cozy: CozyServer
    resident: Resident
    service: Service


@pytest.fixture(scope="module")
def slow(people: dict[str, Resident]) -> Iterator[dict[str, MoveToCozy]]:
    """Moves to targets in trouble. They take long, so they run beside the others."""
    troubles = {
        "takes no archive": Troubles(refuses={"/move/imports": 500}),
        "dies": Troubles(imports_nothing=True),
        "is silent": Troubles(imports_nothing=True),
    }
    with ExitStack() as stack:
        moves = {}
        for number, (what, trouble) in enumerate(troubles.items()):
            resident = people[f"slow{number}"]
            assert resident.service.send().status_code == 201
            cozy = stack.enter_context(CozyServer(sample(), troubles=trouble))
            moves[what] = MoveToCozy(cozy, resident, resident.service)
            with resident.logged_in() as person:
                set_out(resident, person, cozy)
            assert moves[what].service.send().status_code == 413
        moves["dies"].cozy.die()
        eventually("the hand-over", lambda: moves["is silent"].cozy.move_from, 60)
        yield moves


def check_open(resident: Resident, service: Service, seconds: float = 30) -> None:
    """The account is here, and as it was."""
    eventually("an open account", lambda: service.send().status_code == 201, seconds)
    assert service.refresh().status_code == 200
    with resident.logged_in() as person:
        page = person.get("/")
        assert page.status_code == 200
        assert page.url.path == "/"
        named, not_moved = page.text.count("127.0.0.9"), page.text.count("Your account was not moved to 127.0.0.9")
        assert named == not_moved


def test_an_account_moves_to_a_cozy_with_everything(
    wharf: Server, people: dict[str, Resident], slow: dict[str, MoveToCozy], folder: Path
) -> None:
    resident = people["ada"]
    service = resident.service
    accounts.send(wharf, service.tokens["access_token"], folder)
    wait = threading.Event()
    with (
        CozyServer(sample(), troubles=Troubles(finalizes=wait)) as cozy,
        resident.logged_in() as person,
    ):
        leave, target = set_out(resident, person, cozy)

        (page,) = leave.asked
        assert page.status_code == 200
        assert "move.cozycloud.example" in page.text
        assert set(leave.query) >= {"code", "state", "used", "vault"}
        assert "quota" not in leave.query  # there is none
        assert leave.query["vault"] == "false"
        assert int(leave.query["used"]) > 3_000_000

        refused = service.send()
        assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
        assert cozy.host in refused.json()["error_description"]
        eventually("everything", lambda: cozy.reading or cozy.ended.is_set(), 60)
        assert not cozy.ended.is_set(), cozy.failure
        assert service.send().status_code == 413
        wait.set()
        assert cozy.ended.wait(60)
        assert cozy.complaints == []
        assert (cozy.told.status if cozy.told else None) == 204

        check_calls(wharf, cozy, target)
        check_read(cozy, folder)

        assert cozy.domain in person.get("/").text
        with resident.logged_in() as again:
            assert cozy.domain in again.get("/").text
        gone = service.refresh()
        assert (gone.status_code, gone.json()["error"]) == (401, "session_invalidated")
        assert service.send().status_code in (401, 413)
        resident.mailed(cozy.domain)


def check_calls(wharf: Server, cozy: CozyServer, target: Target) -> None:
    """What the Cozy was asked is what the protocol has, each once and in its order."""
    (importing,) = cozy.called("POST", "/move/importing")
    assert importing.query.keys() == {"source", "move"}  # of which a Cozy knows the first
    assert importing.query["source"] == wharf.url.removeprefix("http://")
    assert importing.bearer == target.token
    (imports,) = cozy.called("POST", "/move/imports")
    assert imports.bearer == target.token
    assert imports.content_type in ("application/vnd.api+json", "application/json")
    attributes = imports.json["data"]["attributes"]
    assert imports.json == {"data": {"attributes": attributes}}
    assert set(attributes) == {"url", "vault", "move_from"}
    assert attributes["vault"] is False
    assert attributes["url"].startswith(f"{wharf.url}/#/exports/")
    assert set(attributes["move_from"]) == {"url", "token"}
    assert attributes["move_from"]["url"].rstrip("/") == wharf.url
    assert importing.at < imports.at
    assert cozy.called("POST", "/move/abort") == []


def check_read(cozy: CozyServer, folder: Path) -> None:
    """A Cozy has understood everything, and has each byte."""
    reading = cozy.reading
    assert reading
    assert reading.dropped == {}
    assert reading.without_content == []
    assert reading.never == []
    assert reading.other_paths == []
    assert cozy.used_to_be
    assert not set(cozy.used_to_be.files) & set(cozy.account.files)
    paths = cozy.account.by_path()
    pictures = {path.name: path for path in folder.rglob("*.jpg")}
    for path in folder.rglob("*"):
        if path.suffix in (".txt", ".mp4"):
            where = f"/{path.relative_to(folder)}"
            found = [file for name, file in paths.items() if name.endswith((where, f"/{path.name}"))]
            assert path.read_bytes() in [file.content for file in found], where
    assert len(pictures) == ALBUM_PHOTOS
    check_albums(cozy.account, folder)
    assert len(cozy.account.of("org.wharf.calendar.events")) == 20
    assert len(cozy.account.of("org.wharf.calendars")) == 1


def check_albums(account: CozyAccount, folder: Path) -> None:
    albums = {document["name"]: identifier for identifier, document in account.of(ALBUMS).items()}
    for pictures in (folder / "Pictures").iterdir():
        name = next(name for name in albums if name.endswith(pictures.name))
        assert photos_of(account, albums[name]) == {path.name for path in pictures.iterdir()}


def test_a_known_wizard_is_sent_on_at_once_with_a_302(people: dict[str, Resident]) -> None:
    resident = people["kay"]
    with resident.logged_in() as person:
        leave = CozyWizard(KNOWN).ask_source(person)
        assert (leave.asked, leave.status) == ([], 302)


def test_a_move_is_only_asked_for_with_a_good_code(wharf: Server, people: dict[str, Resident]) -> None:
    resident = people["lea"]
    with CozyServer(CozyAccount.empty()) as cozy, Visitor(cozy.url, password=PASSWORD) as arriving:
        target = CozyWizard().ask_target(arriving, cozy.url)
        answer = CozyWizard().hand_over(wharf.url, Leave({"code": "guessed"}, 302), target)
        assert 400 <= answer.status_code < 500
        assert resident.mails() == []
        assert cozy.called("POST", "/move/importing") == []


def test_a_mailed_secret_works_once_and_only_for_its_person(wharf: Server, people: dict[str, Resident]) -> None:
    resident, other = people["mia"], people["noa"]
    wizard = CozyWizard()
    with (
        CozyServer(CozyAccount.empty(), troubles=Troubles(import_fails=True)) as cozy,
        resident.logged_in() as person,
        other.logged_in() as stranger,
        Visitor(cozy.url, password=PASSWORD) as arriving,
    ):
        leave = wizard.ask_source(person, button="allow")
        assert wizard.hand_over(wharf.url, leave, wizard.ask_target(arriving, cozy.url)).status_code == 200
        wizard.hand_over(wharf.url, leave, wizard.ask_target(arriving, cozy.url))  # with a code that has been used
        link = resident.mailed(r"http\S+/move/go\?secret=\S+")
        assert stranger.once(link).status_code != 303
        assert cozy.called("POST", "/move/importing") == []
        assert person.once(link).status_code == 303
        assert cozy.ended.wait(60)
        person.once(link)
        assert len(cozy.called("POST", "/move/importing")) == 1
        assert sum("/move/go" in mail for mail in resident.mails()) == 1


def test_a_target_that_aborts_leaves_the_account_open(people: dict[str, Resident]) -> None:
    resident = people["bea"]
    assert resident.service.send().status_code == 201
    service = resident.service
    with (
        CozyServer(sample(), troubles=Troubles(import_fails=True)) as cozy,
        resident.logged_in() as person,
    ):
        set_out(resident, person, cozy)
        assert cozy.ended.wait(60)
        assert (cozy.told.status if cozy.told else None) == 204
        assert cozy.complaints == []
        check_open(resident, service)
        eventually("a mail about it", lambda: len(resident.mails()) >= 2, 60)


def test_a_target_that_takes_no_archive_leaves_the_account_open(slow: dict[str, MoveToCozy]) -> None:
    move = slow["takes no archive"]
    check_open(move.resident, move.service, PATIENCE + 45)
    eventually("the abort", lambda: move.cozy.called("POST", "/move/abort"), 60)
    assert move.cozy.aborted


def test_a_target_that_dies_leaves_the_account_open(slow: dict[str, MoveToCozy]) -> None:
    move = slow["dies"]
    check_open(move.resident, move.service, LEASE + 45)


def test_a_target_that_falls_silent_gets_nothing_when_the_lease_has_ended(slow: dict[str, MoveToCozy]) -> None:
    """A finalize that comes after something has changed closes nothing, and the person is told."""
    move = slow["is silent"]
    check_open(move.resident, move.service, LEASE + 45)
    before = eventually("a mail about it", lambda: (m := len(move.resident.mails())) >= 2 and m, 60)
    token = move.cozy.move_from["token"]
    call("POST", f"{move.resident.server.url}/move/finalize?subdomain=nested", token=token)
    eventually("a mail about the late call", lambda: len(move.resident.mails()) > before, 60)
    assert move.cozy.domain in move.resident.mails()[-1]
    check_open(move.resident, move.service)
