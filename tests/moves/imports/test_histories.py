"""Whatever has happened in an account, its archives make another one the same, and it lives on there as it did here.

`HISTORIES=100` lives through as many; a failure says which seed it was.
"""

import os
import tempfile
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings

from moves.archives.verification import ArchiveVerdict, verify
from tests.support.bins import assert_all_adds_up
from tests.support.bringing import Bringing, link_of
from tests.support.exporter import Person
from tests.support.histories import History, LivedIn, states
from tests.support.takeout import TakeOut

SEEDS = range(int(os.environ.get("HISTORIES", "2")))
STEPS = range(5, 25)


@pytest.fixture(autouse=True)
def as_many_exports_as_needed(settings: LazySettings, server: str) -> None:
    settings.WHARF_EXPORTS_PER_DAY = 0
    settings.WHARF_BASE_URL = server


def live(history: History, *accounts: LivedIn) -> None:
    """Lets the same happen in these accounts, which answer the same to it."""
    chance, first = history.chance, accounts[0]
    for _ in range(chance.choice(STEPS)):
        what, service = chance.random(), chance.randrange(2)
        if what < 0.1:
            job = first.services[service].new_job(chance.choice(("", "each night")))
            for one in accounts:
                one.begin_job(service, job, first.services[service].recurring)
        elif what < 0.75:
            sent = history.item()
            answers = {one.take(service, sent) for one in accounts}
            assert len(answers) == 1, (sent, answers)
        elif (record := history.record(first.person)) is not None:
            found = [(first, record), *((one, one.same(record)) for one in accounts[1:])]
            # Where each account has got it for itself, it may be in one's bin alone.
            if len({same.trashed_at is None for _, same in found}) == 1:
                for one, same in found:
                    one.turn(same)
    assert_all_adds_up()


def taken_out(http: httpx.Client, person: Person) -> TakeOut:
    """An export of everything, which verifies."""
    made = TakeOut.made(http, person)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.zip"
        path.write_bytes(made.parts()[0])
        *_, verdict = verify([path])
    assert isinstance(verdict, ArchiveVerdict)
    assert verdict.problems == []
    return made


def hashes(take_out: TakeOut) -> dict[str, str]:
    """What is in an archive, without its pages."""
    return {path: sha256 for path, sha256 in take_out.manifest().items() if "/Readable/" not in path}


@pytest.mark.parametrize("seed", SEEDS)
def test_each_archive_makes_another_account_the_same(
    http: httpx.Client, server: str, ada: Person, bob: Person, seed: int
) -> None:
    """Of every other one, later archives have the changes alone."""
    history, account = History(seed), LivedIn(server, ada)
    archive = None
    for _ in range(3):
        live(history, account)
        since, archive = archive, taken_out(http, ada)
        brought = TakeOut.after(since, ada, changes_only=True) if since and seed % 2 else archive
        assert Bringing.done(http, bob, link_of(server, brought)).said == []
        assert_all_adds_up()
        assert hashes(taken_out(http, bob)) == hashes(archive)
        again = Bringing.done(http, bob, link_of(server, archive))
        assert again.row.outcomes.keys() <= {"unchanged", "ignored"}
        assert hashes(taken_out(http, bob)) == hashes(archive)
    account.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_services_go_on_in_the_other_account_as_they_did_in_the_first(
    http: httpx.Client, server: str, ada: Person, bob: Person, seed: int
) -> None:
    history, account = History(seed), LivedIn(server, ada)
    other = None
    for _ in range(2):
        live(history, account)
        Bringing.done(http, bob, link_of(server, taken_out(http, ada)))
        other = other or LivedIn(server, bob, like=account)
        for service, same in zip(account.services, other.services, strict=True):
            same.job, same.recurring = service.job, service.recurring
        live(history, account, other)
        here, there = states(ada), states(bob)
        assert here.keys() == there.keys()
        for key, said in here.items():
            if there[key]["id"] == said["id"]:  # else each account has got it for itself, and decides for itself
                assert there[key] == said, key
    account.close()
    if other is not None:
        other.close()
