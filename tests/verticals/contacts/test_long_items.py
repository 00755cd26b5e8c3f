"""Items of more cards than are taken at once: answered at once, and read by a worker."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import connection as database

from importers import tasks
from importers.digests import digest
from importers.maintenance.verification import verify_use
from importers.models import TransferCount
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.models import CardList, Contact
from importers.verticals.contacts.splitting import MOST_CARDS
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, Person
from tests.support.waiting import eventually
from tests.verticals.contacts.samples import many, sent

pytestmark = pytest.mark.services

WORK_OFF = "import django; django.setup()\nfrom importers.tasks import work_off\nwork_off()"


def counts() -> dict[str, int]:
    count = TransferCount.objects.get(vertical="contacts")
    return {name: getattr(count, name) for name in ("created", "updated", "unchanged", "kept")}


def test_as_many_as_are_taken_at_once_are_there_with_the_answer(exporter: Exporter) -> None:
    assert sent(exporter, many(MOST_CARDS)) == "created"
    assert (Contact.objects.count(), CardList.objects.count()) == (MOST_CARDS, 0)


def test_more_are_kept_whole_and_read_by_a_worker(exporter: Exporter, ada: Person) -> None:
    item = many(2 * MOST_CARDS + 1, comes="from afar")
    assert sent(exporter, item) == "kept"
    kept = CardList.objects.get()
    assert ada.used == len(kept.payload.encode())
    assert counts() == {"created": 0, "updated": 0, "unchanged": 0, "kept": 1}
    tasks.work_off()
    assert not CardList.objects.exists()
    assert set(Contact.objects.values_list("name", flat=True)) == {f"No {n}" for n in range(2 * MOST_CARDS + 1)}
    assert counts() == {"created": 2 * MOST_CARDS + 1, "updated": 0, "unchanged": 0, "kept": 1}
    assert list(verify_use(repair=False)) == []
    assert Contact.objects.filter(payload__contains="from afar").count() == 1


def test_sent_again_nothing_is_doubled(exporter: Exporter) -> None:
    item = many(MOST_CARDS + 1)
    assert [sent(exporter, item) for _ in range(2)] == ["kept", "unchanged"]
    tasks.work_off()
    assert sent(exporter, item) == "kept"
    tasks.work_off()
    assert Contact.objects.count() == MOST_CARDS + 1
    assert counts() == {"created": MOST_CARDS + 1, "updated": 0, "unchanged": MOST_CARDS + 2, "kept": 2}
    assert list(verify_use(repair=False)) == []


def test_nobodys_row_is_locked_while_cards_are_parsed(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(exporter, many(MOST_CARDS + 1))
    locked: list[bool] = []
    read = Card.read

    def noting(text: str) -> Any:
        locked.append(database.in_atomic_block)
        return read(text)

    monkeypatch.setattr(Card, "read", noting)
    tasks.work_off()
    assert len(locked) == MOST_CARDS + 1
    assert not any(locked)


@pytest.mark.alone
def test_a_worker_that_is_killed_loses_and_doubles_nothing(exporter: Exporter, ada: Person) -> None:
    number = 12 * MOST_CARDS
    sent(exporter, many(number))
    worker = subprocess.Popen(
        [sys.executable, "-c", WORK_OFF],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": _address(), "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    eventually(lambda: Contact.objects.exists())
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert 0 < Contact.objects.count() < number
    assert list(verify_use(repair=False)) == []
    tasks.work_off()
    assert not CardList.objects.exists()
    assert Contact.objects.count() == number
    assert counts()["created"] == number
    assert list(verify_use(repair=False)) == []


def _address() -> str:
    name = database.settings_dict["NAME"]
    base = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
    return f"sqlite:///{name}" if database.vendor == "sqlite" else f"{base}/{name}"


def test_a_person_who_fills_their_quota_to_the_end_has_them_all(exporter: Exporter, ada: Person) -> None:
    sent(exporter, many(MOST_CARDS + 1))
    ada.set_quota(ada.used)
    tasks.work_off()
    assert Contact.objects.count() == MOST_CARDS + 1


def test_those_that_do_not_fit_are_refused_as_a_whole(exporter: Exporter, ada: Person) -> None:
    ada.set_quota(10_000)
    answer = exporter.send("contacts", many(MOST_CARDS + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "destination_full")
    assert not CardList.objects.exists()


def test_an_account_that_takes_nothing_new_is_left_as_it_is(exporter: Exporter, ada: Person) -> None:
    sent(exporter, many(MOST_CARDS + 1))
    row = ada.row
    row.blocked = "operator"
    row.save()
    tasks.work_off()
    assert CardList.objects.count() == 1
    row.blocked = ""
    row.save()
    tasks.work_off()
    assert Contact.objects.count() == MOST_CARDS + 1


def test_a_list_that_is_none_is_kept_as_a_contact(exporter: Exporter, ada: Person) -> None:
    sent(exporter, many(MOST_CARDS + 1))
    CardList.objects.update(payload="nothing", identity=digest("another"))
    tasks.work_off()
    assert Contact.objects.get().unread == "nothing"
    assert not CardList.objects.exists()


@pytest.mark.alone
@pytest.mark.parametrize("number", [10_000])
def test_ten_thousand_take_seconds(exporter: Exporter, number: int) -> None:
    sent(exporter, many(number))
    began = time.monotonic()
    tasks.work_off()
    assert Contact.objects.count() == number
    assert time.monotonic() - began < 60
