"""Any list of the admin can be saved as a file, as it is filtered there, by those who may see it."""

import csv
import io
import json

import httpx
import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models import Rejection, Transfer
from operations.lists import ListFile
from tests.support import rows
from tests.support.admin import operators_pages
from tests.support.worker import session_of

pytestmark = pytest.mark.services

TRANSFERS = "/lists/importers/transfer"


def saved(http: httpx.Client, user: User, address: str) -> httpx.Response:
    session = session_of(user)
    return http.get(address, headers={"Cookie": f"sessionid={session}"})


@pytest.fixture
def boss(server: str) -> User:
    return rows.person("boss", is_staff=True, is_superuser=True)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment;")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_a_list_is_saved_whole_and_as_it_is_filtered(http: httpx.Client, boss: User) -> None:
    ada, bob = rows.person("ada"), rows.person("bob")
    for number in range(1_203):
        rows.transfer(ada, f"{number}")
    rows.transfer(bob, "other", rejected=4)
    everything = table(saved(http, boss, f"{TRANSFERS}.csv"))
    assert len(everything) == 1_204
    assert everything[0]["Person"] == "bob"
    assert everything[0]["Refused"] == "4"
    assert [row["Person"] for row in table(saved(http, boss, f"{TRANSFERS}.csv?state=missing"))] == ["bob"]
    lines = saved(http, boss, f"{TRANSFERS}.jsonl?q=bob").content.decode().splitlines()
    assert [json.loads(line)["Person"] for line in lines] == ["bob"]


def test_no_cell_of_a_table_is_a_formula(http: httpx.Client, boss: User) -> None:
    transfer = rows.transfer(rows.person("ada"), "one")
    begins = ("=", "+", "-", "@", "\uff1d")
    for begin in begins:
        rows.rejection(transfer, begin, item=b'{"title": "%s1+1"}' % begin.encode())
    names = {row["Name"] for row in table(saved(http, boss, "/lists/importers/rejection.csv"))}
    assert names == {f"'{begin}1+1" for begin in begins}
    assert Rejection.objects.count() == len(begins)


def test_a_name_is_saved_as_it_is(http: httpx.Client, boss: User) -> None:
    transfer = rows.transfer(rows.person("ada"), "<i> & 'x'")
    rows.rejection(transfer, "one", item=b'{"title": "O\'Brien <b> & Sons.txt"}')
    (row,) = table(saved(http, boss, "/lists/importers/rejection.csv"))
    assert row["Name"] == "O'Brien <b> & Sons.txt"
    assert row["Transfer"] == str(transfer.source)


def test_who_may_not_see_a_list_does_not_get_it_either(http: httpx.Client, boss: User) -> None:
    rows.transfer(rows.person("ada"), "one")
    staff = rows.person("staff", is_staff=True)
    assert saved(http, staff, f"{TRANSFERS}.csv").status_code == 403
    assert saved(http, User.objects.get(username="ada"), f"{TRANSFERS}.csv").status_code == 302
    assert http.get(f"{TRANSFERS}.csv").status_code == 302
    staff.user_permissions.set(Permission.objects.filter(codename="view_transfer"))
    assert len(table(saved(http, User.objects.get(username="staff"), f"{TRANSFERS}.csv"))) == 1
    assert saved(http, boss, "/lists/importers/nothing.csv").status_code == 404
    assert saved(http, boss, f"{TRANSFERS}.xls").status_code == 404
    assert saved(http, boss, f"{TRANSFERS}.csv?owner__password__startswith=a").status_code == 400
    assert Transfer.objects.count() == 1


@pytest.mark.usefixtures("transactional_db")
def test_a_saved_list_asks_the_same_few_questions_however_many_rows_it_has(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = rows.person("boss", is_staff=True, is_superuser=True)
    request.session = SessionStore()
    asked: list[dict[str, int]] = []
    for seeds in (["a"], ["b", "c", "d"]):
        for seed in seeds:
            rows.everything(seed)
        asked.append({})
        for model, model_admin in operators_pages().items():
            saved = ListFile(model_admin, request)
            with CaptureQueriesContext(connection) as questions:
                saved.some()
            asked[-1][model._meta.label] = len(questions)
    few, many = asked
    assert {label: (few[label], number) for label, number in many.items() if number > few[label] + 1} == {}
