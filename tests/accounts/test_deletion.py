"""Deleting an account: asked for, kept after all, and done by a worker until nothing of the person is left."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.deletion import asking, job
from accounts.deletion.rows import own_rows
from accounts.models import AccountDeletion, Letter, User
from accounts.tasks import delete_accounts, send_letter
from importers.content.storage import stored_keys
from importers.maintenance import collection
from importers.models import Content, Holding
from importers.models.content import COLLECTION_GRACE
from importers.verticals.social_posts.models import SocialActivity
from moves.models import ArchiveImport, Export, Move
from tests.support import rows
from tests.support.arrivals import announced, arriving
from tests.support.deleting import day_comes
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut
from tests.support.worker import PASSWORD, Worker, browser, hidden_fields, person, submit

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def asked(name: str = "ada", **columns: Any) -> User:
    """Somebody who has asked for the deletion of their account, on the page."""
    user = person(name, **columns)
    assert submit(browser(user), "/settings/delete", {"password": PASSWORD}).status_code == 302
    user.refresh_from_db()
    return user


def is_due(user: User) -> None:
    User.objects.filter(pk=user.pk).update(deletion_at=timezone.now())


def mailed() -> list[str]:
    """The subjects of all mails, when those that wait are sent."""
    for pk in Letter.objects.values_list("pk", flat=True):
        send_letter(pk)
    return [str(one.subject) for one in mail.outbox]


def press(client: Any, address: str) -> Any:
    """Presses a button of the page of an account that is going to be deleted."""
    page = client.get("/settings/delete")
    assert f'action="{address}"' in page.content.decode()
    return client.post(address, hidden_fields(page))


# Asking


def test_the_page_says_what_goes_and_offers_to_take_it_out_first(exporter: Exporter) -> None:
    send_all(exporter)
    page = " ".join(browser(exporter.person.row).get("/settings/delete").content.decode().split())
    assert "photo" in page
    assert "calendar" in page
    assert exporter.person.row.used_bytes
    assert 'href="/settings/exports"' in page
    assert "7 days" in page
    assert 'type="password"' in page


def test_an_account_that_is_to_be_deleted_waits_for_a_week_and_is_told_so(settings: LazySettings) -> None:
    ada = asked()
    assert timedelta(days=6, hours=23) < ada.deletion_at - timezone.now() <= timedelta(days=7)  # type: ignore[operator]
    assert mailed() == ["Your account is going to be deleted"]
    assert "/auth/login" in mail.outbox[0].body
    delete_accounts()
    assert User.objects.get().check_password(PASSWORD)


def test_the_days_are_a_setting(settings: LazySettings) -> None:
    settings.WHARF_DELETION_AFTER = timedelta(0)
    client = browser(person())
    assert submit(client, "/settings/delete", {"password": PASSWORD})["Location"] == "/"
    assert "within minutes" in client.get("/").content.decode()
    delete_accounts()
    assert not User.objects.exists()
    assert mailed() == ["Your account is deleted"]


def test_sessions_end_everywhere() -> None:
    ada = person()
    elsewhere, here = browser(ada), browser(ada)
    assert submit(here, "/settings/delete", {"password": PASSWORD}).status_code == 302
    for client in (elsewhere, here):
        assert client.get("/settings/services")["Location"].startswith("/auth/login")
    ada.refresh_from_db()
    back = browser(ada)
    press(back, "/settings/delete/keep")
    assert back.get("/settings/services").status_code == 200
    assert elsewhere.get("/settings/services").status_code == 302


def test_meanwhile_exporters_wait_for_the_person_and_tokens_rest(exporter: Exporter) -> None:
    ada = exporter.person.row
    ada.set_password(PASSWORD)
    ada.save()
    post = {"@type": "SocialActivity", "activity": {"id": "1"}}
    assert exporter.send("social-posts", post).status_code == 201
    assert submit(browser(ada), "/settings/delete", {"password": PASSWORD}).status_code == 302
    refused = exporter.send("social-posts", {**post, "activity": {"id": "2"}})
    assert (refused.status_code, refused.json()["error"]) == (413, "destination_full")
    ada.refresh_from_db()
    press(browser(ada), "/settings/delete/keep")
    assert exporter.send("social-posts", {**post, "activity": {"id": "2"}}).status_code == 201


def test_refresh_tokens_rest_until_the_account_is_gone() -> None:
    worker, ada = Worker(), person()
    token = worker.connect(ada)["refresh_token"]
    submit(browser(ada), "/settings/delete", {"password": PASSWORD})
    token = worker.refresh(token).body["refresh_token"]
    day_comes(ada)
    assert worker.refresh(token).error == (401, "session_invalidated")


def test_links_of_exports_stay_until_the_end(http: Any, ada: Person) -> None:
    made = TakeOut.made(http, ada)
    call_command("delete_account", "ada", stdout=StringIO())
    assert made.fetch().status_code == 200
    is_due(ada.row)
    assert job.begin(ada.row.pk)
    assert made.fetch().status_code == 404


def test_log_in_shows_two_ways_and_only_the_first_keeps_the_account() -> None:
    ada = asked()
    client = browser()
    logged_in = submit(client, "/auth/login", {"username": "ada", "password": PASSWORD})
    assert client.get(logged_in["Location"])["Location"] == "/settings/delete"
    page = client.get("/settings/delete").content.decode()
    assert page.index("Keep my account") < page.index("Delete anyway")
    assert (
        '<a href="/settings/delete">Keep it, or delete it anyway</a>'
        in client.get("/settings/exports").content.decode()
    )
    press(client, "/settings/delete/anyway")
    assert User.objects.get().deletion_at == ada.deletion_at
    assert client.get("/settings/delete")["Location"].startswith("/auth/login")
    press(browser(ada), "/settings/delete/keep")
    ada.refresh_from_db()
    assert (ada.deletion_at, ada.blocked) == (None, "")
    assert mailed()[-1] == "Your account is not deleted"
    day_comes(ada)
    assert User.objects.exists()


@pytest.mark.parametrize(
    "path", ["/", "/settings/account", "/settings/move", "/settings/imports", "/things/blobs/files/"]
)
def test_nothing_else_is_shown_meanwhile(path: str) -> None:
    client = browser(asked())
    assert client.get(path)["Location"] == "/settings/delete"
    token = hidden_fields(client.get("/settings/delete"))
    answer = client.post(path, token)
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.content.decode()


def test_everything_can_be_taken_out_meanwhile() -> None:
    ada = asked()
    client = browser(ada)
    fields = {"what": "blobs", "parts_size": "0", "password": PASSWORD}
    assert submit(client, "/settings/exports", fields).status_code == 302
    assert Export.objects.get().owner == ada


def test_who_has_moved_or_is_blocked_by_an_operator_is_as_before_when_the_account_is_kept() -> None:
    for blocked in (User.Blocked.BY_OPERATOR, User.Blocked.MOVED):
        ada = asked(blocked, blocked=blocked, blocked_note="As it is.")
        press(browser(ada), "/settings/delete/keep")
        ada.refresh_from_db()
        assert (ada.blocked, ada.blocked_note, ada.deletion_at) == (blocked, "As it is.", None)


def test_a_move_and_an_import_end_when_it_is_asked_for() -> None:
    ada, ben = person("ada"), person("ben")
    move, archive_import = announced(ada), arriving(ben)
    for user in (ada, ben):
        submit(browser(user), "/settings/delete", {"password": PASSWORD})
    move.refresh_from_db()
    archive_import.refresh_from_db()
    assert not move.is_running
    assert archive_import.state == "error"
    ada.refresh_from_db()
    assert "Keep my account" in browser(ada).get("/settings/delete").content.decode()


def test_what_begins_in_the_moment_in_which_it_is_asked_for_ends_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = person("ada")
    begun: list[ArchiveImport] = []
    real = asking.asked.send

    def send(sender: Any, **named: Any) -> Any:
        done = real(sender, **named)
        if not begun:
            begun.append(arriving(ada))
        return done

    monkeypatch.setattr(asking.asked, "send", send)
    submit(browser(ada), "/settings/delete", {"password": PASSWORD})
    begun[0].refresh_from_db()
    assert begun[0].state == "error"


# Operators


def test_what_an_operator_deletes_the_person_cant_keep() -> None:
    ada, boss = person(), person("boss", is_staff=True, is_superuser=True)
    operator = browser(boss)
    answer = submit(operator, f"/admin/accounts/user/{ada.pk}/do/delete-later/", {"confirmed": "yes"})
    assert answer.status_code == 302
    ada.refresh_from_db()
    assert (ada.deletion_by, ada.blocked) == ("operator", "going")
    client = browser(ada)
    page = client.get("/settings/delete")
    assert "Keep my account" not in page.content.decode()
    client.post("/settings/delete/keep", hidden_fields(page))
    assert User.objects.get(pk=ada.pk).deletion_at
    chosen = {"action": "keep", "_selected_action": str(ada.pk), "confirmed": "yes"}
    submit(operator, "/admin/accounts/user/", chosen)
    assert User.objects.get(pk=ada.pk).deletion_at is None
    submit(operator, "/admin/accounts/user/", chosen | {"action": "delete_now"})
    delete_accounts()
    assert not User.objects.filter(pk=ada.pk).exists()
    listed = operator.get("/admin/accounts/accountdeletion/").content.decode()
    assert "an operator asked for it" in listed
    assert "ada" not in listed.replace("data", "")


def test_who_is_unblocked_is_still_to_be_deleted() -> None:
    ada, boss = asked("ada", blocked=User.Blocked.BY_OPERATOR), person("boss", is_staff=True, is_superuser=True)
    submit(
        browser(boss),
        "/admin/accounts/user/",
        {"action": "unblock", "_selected_action": str(ada.pk), "confirmed": "yes"},
    )
    ada.refresh_from_db()
    assert ada.blocked == User.Blocked.GOING


def test_the_command_deletes_later_or_now_or_keeps() -> None:
    ada = person()
    said = StringIO()
    call_command("delete_account", "ADA", "--json", stdout=said)
    assert json.loads(said.getvalue()) == {
        "account": ada.pk,
        "deleted": False,
        "deletion_at": User.objects.get().deletion_at.isoformat(),  # type: ignore[union-attr]
    }
    call_command("delete_account", "ada", "--keep", stdout=said)
    with pytest.raises(CommandError, match="can't be kept"):
        call_command("delete_account", "ada", "--keep")
    said = StringIO()
    call_command("delete_account", "ada", "--now", stdout=said)
    assert said.getvalue().startswith("Deleted ada: ")
    assert not User.objects.exists()
    with pytest.raises(CommandError, match="no account named"):
        call_command("delete_account", "ada")


# The job


def test_nothing_that_names_the_person_is_left_anywhere(http: Any, ada: Person, exporter: Exporter) -> None:
    boss = person("boss", is_staff=True, is_superuser=True)
    send_all(exporter)
    exporter.send_file("blobs", file_item("ada.txt"), b"only ada has these bytes")
    TakeOut.made(http, ada)
    announced(ada.row, state=Move.State.FAILED, ended_at=timezone.now())
    arriving(ada.row)
    browser(ada.row)
    operator = browser(boss)
    submit(operator, f"/admin/accounts/user/{ada.row.pk}/change/", {"username": "ada", "email": ada.row.email})
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=boss, content_type=kind, object_id=str(ada.row.pk), object_repr="ada", action_flag=CHANGE
    )
    pk, email = ada.row.pk, ada.row.email
    call_command("delete_account", "ada", stdout=StringIO())
    mailed()
    day_comes(ada.row)
    assert mailed()[-1] == "Your account is deleted"
    assert mail.outbox[-1].to == [email]
    Content.objects.update(unneeded_since=timezone.now() - COLLECTION_GRACE * 2)
    Export.objects.update(expires_at=timezone.now())
    collection.purge()
    collection.purge()
    assert not Content.objects.exists()
    assert not list(stored_keys(default_storage))
    assert _naming("ada", email, pk) == []
    deletion = AccountDeletion.objects.get()
    assert (deletion.account, deletion.reason) == (pk, "operator")
    assert deletion.ended_at
    assert deletion.rows > 20


def _naming(name: str, email: str, pk: int) -> list[str]:
    """Where a name, an address, or the key of an account still stands, in any column of any row."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all():
            for field in model._meta.concrete_fields:
                value = field.value_from_object(row)
                points = isinstance(field, models.ForeignKey) and field.related_model is User and value == pk
                says = isinstance(value, str | list | dict) and {name, email} & set(_words(json.dumps(value)))
                if points or says:
                    found.append(f"{model._meta.label}.{field.name}: {value!r}")
    theirs = [one for one in Session.objects.all() if one.get_decoded().get("_auth_user_id") == str(pk)]
    return [*found, *map(str, theirs)]


def _words(text: str) -> list[str]:
    for mark in "\"'[](){},:<>/":
        text = text.replace(mark, " ")
    return text.split()


def test_every_model_that_belongs_to_a_person_is_known_in_an_order_that_keeps_cascades_small() -> None:
    found = [one.model for one in own_rows()]
    assert len(found) == len(set(found))
    for one in own_rows():
        for relation in one.model._meta.related_objects:
            if getattr(relation, "on_delete", None) is models.CASCADE and relation.related_model is not one.model:
                assert found.index(relation.related_model) < found.index(one.model), relation


def test_everything_of_one_person_goes_and_nothing_of_another(settings: LazySettings) -> None:
    one, other = rows.everything("one"), rows.everything("other")
    before = {model: model._base_manager.count() for model in apps.get_models()}
    call_command("delete_account", one.username, "--now", stdout=StringIO())
    assert not Holding.objects.exclude(owner=other).exists()
    for own in own_rows():
        left = own.model._base_manager.count()
        assert left == before[own.model] / 2 if own.model in before else True, own.model


def test_content_that_somebody_else_holds_stays(exporter: Exporter) -> None:
    shared = b"both have these bytes"
    with Exporter(exporter.server, Person.create("ben"), "Cloud Two") as others:
        for one in (exporter, others):
            one.send_file("blobs", file_item("a.txt"), shared)
    exporter.send_file("blobs", file_item("b.txt"), b"only ada has these")
    call_command("delete_account", "ada", "--now", stdout=StringIO())
    assert collection.mark_unneeded() == 1
    assert Content.objects.get(unneeded_since=None).size == len(shared)


def posts(owner: User, number: int) -> None:
    """So many posts of somebody, straight into the database."""
    brought = rows.transfer(owner, f"posts-{owner.pk}")
    SocialActivity.objects.bulk_create(
        [
            SocialActivity(owner=owner, source=brought.source, transfer=brought, identity=f"{at:032}", payload="{}")
            for at in range(number)
        ],
        batch_size=1000,
    )


def test_it_is_done_in_short_pieces_and_can_be_killed_between_any_two() -> None:
    ada = person()
    posts(ada, 3000)
    User.objects.filter(pk=ada.pk).update(deletion_at=timezone.now(), deletion_by="person")
    deletion = job.begin(ada.pk)
    assert deletion is not None
    some = []
    for deleted in job.pieces(deletion):  # each run is ended where it is, as by a kill
        some.append(deleted)
        if len(some) >= 3 and SocialActivity.objects.count() < 3000:
            break
    left = SocialActivity.objects.count()
    assert 0 < left < 3000
    assert job.begin(ada.pk) is None
    assert User.objects.get().is_active is False
    delete_accounts()
    assert not User.objects.exists()
    assert AccountDeletion.objects.get().ended_at


def test_nothing_stops_it_once_it_has_begun() -> None:
    ada = asked()
    client = browser(ada)
    token = hidden_fields(client.get("/settings/delete"))
    is_due(ada)
    assert job.begin(ada.pk)
    assert client.post("/settings/delete/keep", token)["Location"].startswith("/auth/login")
    with pytest.raises(CommandError, match="can't be kept"):
        call_command("delete_account", "ada", "--keep")
    delete_accounts()
    assert not User.objects.exists()


def test_a_piece_costs_the_same_however_much_there_is() -> None:
    counted = []
    for number, name in ((200, "ada"), (2000, "ben")):
        user = person(name)
        posts(user, number)
        User.objects.filter(pk=user.pk).update(deletion_at=timezone.now(), deletion_by="person")
        deletion = job.begin(user.pk)
        assert deletion is not None
        pieces = job.pieces(deletion)
        with CaptureQueriesContext(connection) as queries:
            next(pieces)
        counted.append(len(queries))
        list(pieces)
    assert counted[0] == counted[1]


def test_an_account_that_has_moved_goes_the_same_way_when_its_time_is_over() -> None:
    ada, ben = person(), person("ben")
    for user, after in ((ada, timedelta(seconds=-1)), (ben, timedelta(days=1))):
        User.objects.filter(pk=user.pk).update(blocked=User.Blocked.MOVED, delete_after=timezone.now() + after)
    delete_accounts()
    assert list(User.objects.all()) == [ben]
    assert AccountDeletion.objects.get().reason == "moved"
