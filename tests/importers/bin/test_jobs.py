"""What is done with many records goes on by itself, and from where it was when it was killed."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection as database

from accounts.models import User
from importers import tasks
from importers.bin import choices, job
from importers.models import BinJob
from importers.pages.kinds import pages_of
from importers.verticals.blobs.models import File, Folder
from importers.verticals.contacts.models import Contact
from tests.support import rows
from tests.support.bins import BinVisitor, assert_all_adds_up, here, in_bin
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, Person, file_item, status
from tests.support.samples import SampleAccount
from tests.support.waiting import eventually

THROW, RESTORE, DELETE = BinJob.Action.THROW, BinJob.Action.RESTORE, BinJob.Action.DELETE
WORK = "import django; django.setup()\nfrom importers.tasks import work_in_bins\nwork_in_bins()"


def many(person: User, number: int) -> SampleAccount:
    account = SampleAccount(person, "many", rows.transfer(person, "many"), rows.content("many"))
    contacts = (
        Contact(**account.columns("Contact") | {"identity": f"{one:032}", "name": f"No {one}"}) for one in range(number)
    )
    Contact.objects.bulk_create(contacts, batch_size=1_000)
    User.objects.filter(pk=person.pk).update(used_bytes=number * len(Contact.objects.all()[0].payload))
    return account


def worker() -> subprocess.Popen[bytes]:
    name = database.settings_dict["NAME"]
    base = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
    url = f"sqlite:///{name}" if database.vendor == "sqlite" else f"{base}/{name}"
    settings = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen([sys.executable, "-c", WORK], cwd=CHECKOUT, env=os.environ | settings)


@pytest.mark.parametrize("action", [pytest.param(THROW, marks=pytest.mark.services), RESTORE, DELETE])
def test_it_goes_on_wherever_it_was_killed(visitor: BinVisitor, ada: Person, action: BinJob.Action) -> None:
    number, person = {THROW: 20_000, RESTORE: 12_000, DELETE: 4_000}[action], ada.row
    many(person, number)
    if action is not THROW:
        visitor.throw(kind="contact")
        assert in_bin() == {"Contact": number}
    begun = job.begin(person, action, choices.of_kind(pages_of(Contact)), "all people")
    killed = worker()
    eventually(lambda: BinJob.objects.get(pk=begun.pk).records > 0)
    killed.kill()
    killed.wait()
    half = BinJob.objects.get(pk=begun.pk)
    assert half.ended_at is None and 0 < half.records < number
    assert_all_adds_up()
    tasks.work_in_bins()
    while job.is_waiting():
        tasks.work_in_bins()
    done = BinJob.objects.get(pk=begun.pk)
    assert done.ended_at is not None and done.records == number
    assert (in_bin(), here()) == {
        THROW: ({"Contact": number}, {}),
        RESTORE: ({}, {"Contact": number}),
        DELETE: ({}, {}),
    }[action]
    assert (ada.used == 0) is (action is DELETE)
    assert_all_adds_up()


def test_a_page_that_does_not_wait_shows_how_far_it_is(visitor: BinVisitor, ada: Person) -> None:
    many(ada.row, 10)
    begun = job.begin(ada.row, THROW, choices.of_kind(pages_of(Contact)), "all people")
    answer = visitor.client.get(f"/bin/jobs/{begun.pk}/")
    assert "until now" in answer.content.decode() and answer["Refresh"]
    assert "see how far it is" in visitor.page("/bin/")
    tasks.work_in_bins()
    answer = visitor.client.get(f"/bin/jobs/{begun.pk}/")
    assert "It is done: 10 things" in answer.content.decode() and "Refresh" not in answer
    visitor.client.force_login(Person.create("eve").row)
    assert visitor.client.get(f"/bin/jobs/{begun.pk}/").status_code == 404


@pytest.mark.services
def test_what_comes_meanwhile_is_not_thrown_away(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("old.txt", "/A"), b"old")
    begun = job.begin(ada.row, THROW, pages_of(Folder).whole_at("/A"), "the folder /A")
    exporter.send_file("blobs", file_item("new.txt", "/A"), b"new")
    tasks.work_in_bins()
    assert BinJob.objects.get(pk=begun.pk).ended_at is not None
    assert in_bin() == {"File": 1}
    assert File.objects.get(trashed_at=None).shown_name == "new.txt"
    assert Folder.objects.get().trashed_at is None  # since something is in it


@pytest.mark.services
@pytest.mark.parametrize("afterwards", ["", User.Blocked.MOVED])
def test_it_rests_while_an_account_moves_and_goes_on_however_that_ends(
    visitor: BinVisitor, ada: Person, afterwards: str
) -> None:
    many(ada.row, 10)
    begun = job.begin(ada.row, THROW, choices.of_kind(pages_of(Contact)), "all people")
    User.objects.update(blocked=User.Blocked.MOVING)
    tasks.work_in_bins()
    assert (in_bin(), job.is_waiting()) == ({}, False)
    User.objects.update(blocked=afterwards)
    tasks.work_in_bins()
    assert BinJob.objects.get(pk=begun.pk).ended_at is not None
    assert in_bin() == {"Contact": 10}


@pytest.mark.services
def test_items_come_while_it_works(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    many(ada.row, 3_000)
    job.begin(ada.row, THROW, choices.of_kind(pages_of(Contact)), "all people")
    working = worker()
    sent: list[Any] = [exporter.send_file("blobs", file_item(f"{n}.txt"), b"%d" % n) for n in range(20)]
    assert {status(one) for one in sent} == {"created"}
    assert working.wait(timeout=120) == 0
    assert in_bin() == {"Contact": 3_000}
    assert_all_adds_up()
