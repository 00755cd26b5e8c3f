"""Whoever changes the audit trail is found out, by which of its rows ever they begin."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client

from accounts.models import User
from audit import append_only
from audit.models import AuditChain, AuditCheckpoint, AuditDetail, AuditEvent
from tests.support.append_only import changed_trail
from tests.support.trail import checkpoint, events, verified
from tests.support.worker import browser, person

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


@pytest.fixture
def ada() -> User:
    """Somebody of whom the trail has three events and a checkpoint, and then one more."""
    ada = person()
    for quota in (1, 2):
        ada.quota_bytes = quota
        ada.save()
    checkpoint()
    ada.quota_bytes = 3
    ada.save()
    return ada


def chain_of(user: User) -> AuditChain:
    return AuditChain.objects.get(subject=f"person:{user.pk}")


def forge(change: Callable[[], Any]) -> None:
    """Somebody who owns the database changes it."""
    with changed_trail(AuditEvent, AuditChain, AuditCheckpoint, AuditDetail):
        change()


def test_a_trail_that_nobody_has_touched_verifies_and_says_what_is_too_young_to_be_proven(ada: User) -> None:
    report = verified()
    assert (report["faults"], report["events"], report["checkpoints"], report["unproven"]) == ([], 4, 1, 1)
    assert report["proven_until"] is not None
    checkpoint()
    assert verified()["unproven"] == 0


def test_nothing_is_signed_while_nothing_happens(ada: User) -> None:
    checkpoint()
    checkpoint()
    assert verified()["checkpoints"] == 2


def test_the_first_broken_link_of_a_chain_is_named(ada: User) -> None:
    second = AuditEvent.objects.get(chain=chain_of(ada), number=2)
    forge(lambda: AuditEvent.objects.filter(pk=second.pk).update(kind="password-changed"))
    assert verified()["faults"] == [
        f"Event 2 of person:{ada.pk} is not what it was, or does not follow the one before."
    ]


def test_an_event_whose_time_was_made_unreadable_is_a_broken_link(ada: User) -> None:
    second = AuditEvent.objects.get(chain=chain_of(ada), number=2)

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_auditevent SET at = 'infinity' WHERE id = %s", [second.pk])

    forge(change)
    assert verified()["faults"] == [
        f"Event 2 of person:{ada.pk} is not what it was, or does not follow the one before."
    ]


def test_an_event_that_is_missing_within_a_chain_is_named(ada: User) -> None:
    AuditDetail.objects.all().delete()
    forge(lambda: AuditEvent.objects.filter(chain=chain_of(ada), number=2).delete())
    assert verified()["faults"] == [f"Event 2 of person:{ada.pk} is missing."]


def test_a_missing_end_is_seen_although_the_head_was_made_to_fit(ada: User) -> None:
    AuditDetail.objects.all().delete()
    chain = chain_of(ada)
    second = AuditEvent.objects.get(chain=chain, number=2)

    def cut() -> None:
        AuditEvent.objects.filter(chain=chain, number__gt=2).delete()
        AuditChain.objects.filter(pk=chain.pk).update(length=2, head=second.hash)

    forge(cut)
    assert verified()["faults"] == [f"The end of person:{ada.pk} is missing: checkpoint 1 has seen 3, here are 2."]


def test_an_event_that_no_checkpoint_has_seen_is_missed_by_its_head(ada: User) -> None:
    AuditDetail.objects.all().delete()
    forge(lambda: AuditEvent.objects.filter(chain=chain_of(ada), number=4).delete())
    assert verified()["faults"] == [f"The end of person:{ada.pk} is missing: there should be 4 events, here are 3."]


def test_a_missing_chain_is_seen(ada: User) -> None:
    chain = chain_of(ada)
    AuditDetail.objects.all().delete()
    forge(lambda: (AuditEvent.objects.filter(chain=chain).delete(), AuditChain.objects.filter(pk=chain.pk).delete()))
    assert verified()["faults"] == [f"Chain {chain.pk} is missing: checkpoint 1 has seen 3 events of it."]


def test_a_history_that_was_written_anew_is_another_one_than_the_checkpoint_has_seen(ada: User) -> None:
    chain = chain_of(ada)
    AuditDetail.objects.all().delete()

    def begin_anew() -> None:
        AuditEvent.objects.filter(chain=chain).delete()
        AuditChain.objects.filter(pk=chain.pk).update(length=0, head=bytes(32))

    forge(begin_anew)
    for quota in (7, 8, 9):
        ada.quota_bytes = quota
        ada.save()
    (fault,) = verified()["faults"]
    assert fault == f"Up to event 3, person:{ada.pk} is another one than checkpoint 1 has seen."


def test_what_is_known_of_an_event_can_be_deleted_but_not_changed(ada: User) -> None:
    before = verified()
    detail = AuditDetail.objects.filter(event__chain=chain_of(ada), part="what").first()
    assert detail is not None
    forge(lambda: AuditDetail.objects.filter(pk=detail.pk).update(text='{"name":"eve"}'))
    assert verified()["faults"] == [f"What is known of event 1 of person:{ada.pk} was changed (what)."]
    detail.delete()
    after = verified()
    assert (after["faults"], after["erased"]) == ([], before["erased"] + 1)


def test_a_checkpoint_that_was_changed_is_seen(ada: User) -> None:
    checkpoint()
    forge(lambda: AuditCheckpoint.objects.filter(number=1).update(leaves=b"\0" * 48))
    assert "Checkpoint 1 does not say what it was made of." in verified()["faults"]


def test_a_checkpoint_that_is_missing_is_seen(ada: User) -> None:
    checkpoint()
    forge(lambda: AuditCheckpoint.objects.filter(number=1).delete())
    assert "Checkpoint 1 is missing." in verified()["faults"]


def test_the_last_checkpoint_is_missed_although_none_follows_it(ada: User) -> None:
    forge(lambda: AuditCheckpoint.objects.all().delete())
    (fault,) = verified()["faults"]
    assert fault.startswith("The last checkpoints are missing: ")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes nothing but bytes there")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("audit_auditevent SET hash = 'text' WHERE number = 2", "Event 2 of "),
        ("audit_auditevent SET what = 'text' WHERE number = 2", "Event 2 of "),
        ("audit_auditchain SET head = 'text'", "The head of "),
        ("audit_auditdetail SET salt = 'text'", "What is known of event 1 of "),
        ("audit_auditcheckpoint SET root = 'text'", "Checkpoint 1 does not say"),
        ("audit_auditcheckpoint SET leaves = leaves || 'text'", "Checkpoint 1 does not say"),
        ("audit_auditcheckpoint SET at = 'text'", "Checkpoint 1 was changed."),
        ("audit_auditcheckpoint SET number = 'text'", "Checkpoint 1 is missing."),
    ],
)
def test_a_text_in_the_place_of_bytes_or_a_time_is_found_like_any_other_change(
    ada: User, change: str, found: str
) -> None:
    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {change}")

    forge(write)
    assert verified()["faults"][0].startswith(found)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps the words of a condition")
def test_a_trigger_whose_condition_never_holds_is_seen_and_made_anew(ada: User) -> None:
    [guard] = [one for one in append_only.triggers(connection.vendor) if one.when]
    made_so = f"CREATE TRIGGER {guard.name} BEFORE {guard.action} ON {guard.table} FOR EACH ROW"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {guard.name} ON {guard.table}")
        cursor.execute(f"{made_so} WHEN (pg_trigger_depth() > 99) EXECUTE FUNCTION {guard.name}()")
    said = f"The database does not refuse {guard.action} on {guard.table}: run `manage.py migrate`."
    assert verified()["faults"] == [said]
    call_command("migrate", verbosity=0)
    assert verified()["faults"] == []
    with pytest.raises(DatabaseError):
        AuditChain.objects.update(length=0)


def test_triggers_that_do_nothing_under_the_names_of_those_that_refuse_are_seen_and_made_anew(ada: User) -> None:
    guard = append_only.triggers(connection.vendor)[0]
    hollow = {
        "sqlite": [
            f"DROP TRIGGER {guard.name}",
            f"CREATE TRIGGER {guard.name} BEFORE UPDATE ON {guard.table} BEGIN SELECT 1; END",
        ],
        "postgresql": [
            f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        ],
    }
    with connection.cursor() as cursor:
        for statement in hollow[connection.vendor]:
            cursor.execute(statement)
    assert verified()["faults"] == [f"The database does not refuse UPDATE on {guard.table}: run `manage.py migrate`."]
    call_command("migrate", verbosity=0)
    assert verified()["faults"] == []
    with pytest.raises(DatabaseError):
        AuditEvent.objects.update(kind="nothing")


def test_a_checkpoint_counts_only_with_a_key_that_is_known(ada: User, settings: Any) -> None:
    settings.WHARF_AUDIT_KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
    assert "signed with a key that is not known here" in verified()["faults"][0]
    forged = AuditCheckpoint.objects.get().public_key
    settings.WHARF_AUDIT_FORMER_KEYS = [b64encode(bytes(forged)).decode()]
    assert verified()["faults"] == []


def test_copies_go_by_mail_and_tell_of_checkpoints_that_were_made_anew(
    ada: User, settings: Any, tmp_path: Path
) -> None:
    settings.WHARF_AUDIT_MAIL = "auditor@example.org"
    checkpoint()
    (letter,) = mail.outbox
    assert letter.to == ["auditor@example.org"]
    copies = tmp_path / "copies.jsonl"
    copies.write_text(str(letter.body))
    assert [json.loads(line)["checkpoint"] for line in letter.body.splitlines()] == [1, 2]
    assert verified("--copies", str(copies))["faults"] == []
    forge(lambda: AuditCheckpoint.objects.all().delete())
    forge(lambda: AuditChain.objects.update(proved=0))
    checkpoint()
    assert verified()["faults"] == [], "whoever has the key can sign another history..."
    assert verified("--copies", str(copies))["faults"] == [
        "Checkpoint 1 is another one than its copy.",
        "Checkpoint 2 is missing, of which there is a copy.",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit_auditevent",
        "DELETE FROM audit_auditcheckpoint",
        "DELETE FROM audit_auditchain",
        "UPDATE audit_auditevent SET kind = 'logged-in'",
        "UPDATE audit_auditdetail SET text = '{}'",
        "UPDATE audit_auditcheckpoint SET number = number + 1",
        "UPDATE audit_auditchain SET length = length - 1",
        "UPDATE audit_auditchain SET subject = 'server' WHERE subject LIKE 'person%%'",
    ],
)
def test_the_database_refuses_to_change_what_is_in_a_chain(ada: User, change: str) -> None:
    with pytest.raises(Exception, match="only ever added to"), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_refuses_a_row_in_the_place_of_another_one(ada: User) -> None:
    how = {"sqlite": "INSERT OR REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent"}
    with pytest.raises(Exception, match="only ever added to"), connection.cursor() as cursor:
        cursor.execute(how.get(connection.vendor, "TRUNCATE audit_auditevent CASCADE"))


def test_an_account_that_is_deleted_leaves_nothing_of_its_person_and_the_trail_verifies(ada: User) -> None:
    visitor = Client()
    visitor.post("/auth/login", {"username": "ada", "password": "not the right one"})
    browser(ada)
    person("root", is_staff=True, is_superuser=True)
    name = f"person:{ada.pk}"
    ada.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM audit_auditdetail UNION ALL SELECT what || who FROM audit_auditrepeat")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert "ada" not in kept
    assert "root" in kept
    found = events("--person", name)
    assert found[-1]["kind"] == "account-deleted"
    assert "password-wrong" in [event["kind"] for event in found]
    assert all(event["what"] == {} for event in found)
    checkpoint()
    assert verified()["faults"] == []
