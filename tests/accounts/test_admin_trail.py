"""The audit trail in the admin: what operators do is in it, and is read there."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.deletion import job
from accounts.models import Application, User
from tests.support.trail import events, kinds, verified
from tests.support.worker import Worker, browser, hidden_fields, person, submit

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]

GRANTS, TOKENS = "/admin/oauth2_provider/refreshtoken/", "/admin/oauth2_provider/accesstoken/"
TRAIL, USERS, GROUPS = "/admin/audit/auditevent/", "/admin/accounts/user/", "/admin/auth/group/"


@pytest.fixture
def root() -> User:
    return person("root", is_staff=True, is_superuser=True)


@pytest.fixture
def operator(root: User) -> Client:
    return browser(root)


def listed(operator: Client, query: str) -> set[str]:
    page = operator.get(f"{TRAIL}?{query}").content.decode()
    return set(re.findall(r'class="field-happened">([^<]*)<', page))


def test_what_an_operator_adds_changes_and_deletes_is_in_the_trail_and_not_in_djangos_log(operator: Client) -> None:
    submit(operator, f"{GROUPS}add/", {"name": "helpers"})
    (added,) = events("--actor", "root", "--kind", "staff-added")
    page = f"/admin/auth/group/{added['what']['what'].rpartition(':')[2]}/"
    submit(operator, f"{page}change/", {"name": "auditors"})
    submit(operator, f"{page}delete/", {"post": "yes"})
    told = events("--subject", "server", "--actor", "root")
    assert [event["kind"] for event in told] == ["staff-added", "staff-changed", "staff-deleted"]
    assert told[1]["what"]["changes"] == [{"changed": {"fields": ["Name"]}}]
    assert told[2]["what"]["name"] == "auditors"
    assert told[2]["who"]["address"] == "127.0.0.1"
    assert not LogEntry.objects.exists()
    assert verified()["faults"] == []


@pytest.mark.parametrize("page", [GRANTS, TOKENS])
def test_to_end_a_grant_is_asked_first_and_its_reason_is_kept(operator: Client, page: str) -> None:
    worker, ada = Worker(), person()
    worker.connect(ada)
    row = (RefreshToken if page == GRANTS else AccessToken).objects.get()
    question = operator.get(f"{page}{row.pk}/do/disconnect/").content.decode()
    assert "ada, Cloud One" in question
    assert "session_invalidated" in question
    asked = hidden_fields(operator.get(page)) | {"action": "disconnect", "_selected_action": str(row.pk)}
    assert "ada, Cloud One" in operator.post(page, asked).content.decode()
    assert RefreshToken.objects.count() == 1
    submit(operator, f"{page}{row.pk}/do/disconnect/", {"text": "Ada asked for it."})
    assert RefreshToken.objects.count() == 0
    told = [event["what"] for event in events("--person", "ada", "--kind", "staff-acted")]
    assert [(one["action"], one["why"], one["name"]) for one in told] == [
        ("Disconnect", "Ada asked for it.", "ada, Cloud One")
    ]


def test_people_deleted_in_the_list_leave_what_the_operator_did_and_nothing_of_them(operator: Client) -> None:
    ada = person()
    chosen = {"action": "delete-later", "_selected_action": str(ada.pk), "confirmed": "yes"}
    operator.post(USERS, hidden_fields(operator.get(USERS)) | chosen)
    (asked,) = events("--person", "ada", "--kind", "deletion-asked")
    User.objects.filter(pk=ada.pk).update(deletion_at=timezone.now())
    job.run(seconds=60)
    assert not User.objects.filter(pk=ada.pk).exists()
    found = events("--person", f"person:{ada.pk}")
    assert found[-1]["kind"] == "account-deleted"
    assert "ada" not in str(found)
    told = next(event for event in found if event["kind"] == "deletion-asked")
    assert (told["who"]["name"], asked["actor"]) == ("root", told["actor"])
    assert verified()["faults"] == []


def test_history_says_which_groups_and_permissions_were_given_and_taken(operator: Client) -> None:
    ada, helpers = person(), Group.objects.create(name="helpers")
    may = {name: Permission.objects.get(codename=name) for name in ("view_transfer", "view_export")}
    usual = {"username": "ada", "email": ada.email, "is_active": "on", "date_joined_0": "2026-01-01"}
    usual |= {"date_joined_1": "00:00:00"}
    page = f"{USERS}{ada.pk}/change/"
    submit(operator, page, usual | {"groups": helpers.pk, "user_permissions": [one.pk for one in may.values()]})
    submit(operator, page, usual | {"user_permissions": may["view_export"].pk})
    told = [one["what"] for one in events("--person", "ada", "--kind", "rights-changed")]
    assert {name: said for one in told[:2] for name, said in one.items()} == {
        "groups_given": ["helpers"],
        "permissions_given": ["importers.view_transfer", "moves.view_export"],
    }
    assert {name: said for one in told[2:] for name, said in one.items()} == {
        "groups_taken": ["helpers"],
        "permissions_taken": ["importers.view_transfer"],
    }
    submit(operator, f"{GROUPS}{helpers.pk}/change/", {"name": "helpers", "permissions": may["view_export"].pk})
    (changed,) = events("--kind", "group-changed", "--actor", "root")
    assert changed["what"] == {"group": "helpers", "permissions_given": ["moves.view_export"]}
    history = operator.get(f"{USERS}{ada.pk}/history/", follow=True).content.decode()
    assert "groups given: helpers" in history
    assert "permissions taken: importers.view_transfer" in history


def test_history_leads_to_the_trail_of_whom_it_is_about(operator: Client) -> None:
    ada = person()
    Worker()
    client = Application.objects.get()
    for page, about in ((f"{USERS}{ada.pk}", f"person:{ada.pk}"), (f"/admin/accounts/application/{client.pk}", None)):
        answer = operator.get(f"{page}/history/", follow=True)
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert f'title="{about or f"exporter:{client.pk}"}"' in shown, "whom it stands for is said by name"
        assert "An account was made." in shown if about else "An exporter was registered." in shown


def test_the_trail_is_found_by_name_whether_it_is_about_somebody_or_was_done_by_them(operator: Client) -> None:
    ada = person()
    submit(operator, f"{GROUPS}add/", {"name": "helpers"})
    made, added = "An account was made.", "An operator has added something."
    assert listed(operator, "q=ada@example.org") == {made}
    assert listed(operator, "q=root") >= {made, added}
    assert listed(operator, f"q=person:{ada.pk}") == {made}
    assert listed(operator, "kind=account-made&within=day") == {made}
    assert listed(operator, "q=nobody") == set()


def test_what_was_counted_says_in_the_list_how_often_it_was(operator: Client) -> None:
    person()
    for _ in range(3):
        Client().post("/auth/login", {"username": "ada", "password": "not the right one"})
    assert kinds("--person", "ada", "--kind", "password-wrong") == ["password-wrong"]
    assert '<td class="field-briefly">3 times</td>' in operator.get(f"{TRAIL}?kind=password-wrong").content.decode()


def test_an_event_has_a_page_that_nobody_can_change(operator: Client) -> None:
    person()
    (event,) = events("--person", "ada")
    page = operator.get(f"{TRAIL}?q=ada")
    found = page.context["cl"].result_list[0]
    shown = operator.get(f"{TRAIL}{found.pk}/change/").content.decode()
    assert bytes(found.hash).hex() in shown
    assert "ada@example.org" in shown
    assert 'name="_save"' not in shown
    assert operator.get(f"{TRAIL}{found.pk}/delete/").status_code == 403
    assert operator.get(f"{TRAIL}add/").status_code == 403
    assert event["number"] == 1


def test_the_trail_is_for_operators_who_may_see_it() -> None:
    staff = person("staff", is_staff=True)
    assert browser(staff).get(TRAIL).status_code == 403
    staff.user_permissions.set(Permission.objects.filter(codename="view_auditevent"))
    assert browser(staff).get(TRAIL).status_code == 200


def test_a_list_of_many_events_asks_the_database_as_often_as_one_of_few(
    operator: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(3):
        person(f"person{number}")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        operator.get(TRAIL)
    for number in range(3, 40):
        person(f"person{number}")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert operator.get(TRAIL).content.count(b"An account was made.") >= 40
    assert len(kinds()) > 40
