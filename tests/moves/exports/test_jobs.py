"""The job behind an export: killed, overtaken, broken or disturbed, it ends whole or says why."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from importers.content.storage import stored_keys
from importers.maintenance import verification
from importers.models import Content
from importers.models.content import COLLECTION_GRACE
from importers.verticals.blobs.models import Folder
from importers.verticals.social_posts.models import SocialActivity
from moves.exports import job, mails
from moves.exports.archiver import Archiver
from moves.models import Event, Export, Spool
from moves.tasks import hash_parts, send_export_mail
from supervisor import read_procfile
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut
from tests.verticals.social_posts import samples as posts

MAKE = "import django; django.setup()\nimport sys\nfrom moves.exports import job\njob.run(int(sys.argv[1]))"


@pytest.fixture
def filled(exporter: Exporter, ada: Person) -> Person:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "first", "title": "A title"}})
    for number in range(10):
        exporter.send_file("blobs", file_item(f"{number}.bin"), os.urandom(1000))
    posts.many(ada, 50)
    return ada


def worker(pk: int) -> subprocess.Popen[bytes]:
    """A process that makes the export, as a worker's would."""
    name = connection.settings_dict["NAME"]
    base = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
    database = f"sqlite:///{name}" if connection.vendor == "sqlite" else f"{base}/{name}"
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, str(pk)],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )


@pytest.mark.services
def test_killed_at_any_moment_and_started_again_it_ends_whole(filled: Person, http: httpx.Client) -> None:
    posts.many(filled, 9_000, "more")
    take_out = TakeOut.ask(http, filled, parts_size=3_000)
    chance = random.Random(7)  # noqa: S311
    killed = 0
    while killed < job.MOST_RUNS - 1 and take_out.row.state == "exporting":
        process = worker(take_out.pk)
        epoch = take_out.row.epoch
        while take_out.row.epoch == epoch and process.poll() is None:
            time.sleep(0.02)
        time.sleep(chance.random() * 0.7)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
    assert take_out.row.state in ("exporting", "done")
    job.revive()
    job.run(take_out.pk)
    assert take_out.attributes["state"] == "done"
    assert len(take_out.documents("org.wharf.social.posts")) == 9_051
    assert take_out.row.epoch > 1
    assert Event.objects.filter(kind=Event.Kind.RESTARTED).exists()
    Export.objects.update(created_at=timezone.now() - timedelta(hours=2))
    call_command("purge", stdout=StringIO())
    assert Spool.objects.count() == 4
    assert list(verification.verify_keys(repair=False)) == []


def test_a_job_whose_workers_always_die_ends_with_that_cause(filled: Person, http: httpx.Client) -> None:
    take_out = TakeOut.ask(http, filled)
    Export.objects.update(epoch=job.MOST_RUNS, heartbeat_at=timezone.now() - timedelta(hours=1))
    job.run(take_out.pk)
    assert take_out.attributes["state"] == "error"
    assert "died" in take_out.attributes["error"]


@pytest.mark.services
def test_a_living_run_is_left_alone(filled: Person, http: httpx.Client) -> None:
    take_out = TakeOut.ask(http, filled)
    Export.objects.update(epoch=1, heartbeat_at=timezone.now(), process="of another machine")
    assert not job.run(take_out.pk)
    assert take_out.row.epoch == 1


@pytest.mark.services
def test_a_run_that_was_overtaken_changes_nothing(
    filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out = TakeOut.ask(http, filled)
    original = Archiver.run

    def overtaken(archiver: Archiver) -> None:
        original(archiver)
        Export.objects.update(epoch=7)

    monkeypatch.setattr(Archiver, "run", overtaken)
    assert not job.run(take_out.pk)
    assert (take_out.row.state, take_out.row.epoch, take_out.row.parts.count()) == ("exporting", 7, 0)
    assert len(list(stored_keys(default_storage))) == Content.objects.count()


def test_a_cause_is_said(filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out = TakeOut.ask(http, filled)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("moves.exports.spools.SpoolWriter.store", full)
    job.run(take_out.pk)
    assert take_out.attributes["state"] == "error"
    assert "No space left on device" in take_out.attributes["error"]
    send_export_mail(take_out.pk)
    assert "No space left on device" in mail.outbox[0].body
    monkeypatch.undo()
    assert TakeOut.made(http, filled)


def test_a_fault_of_the_program_does_not_leave_it_exporting(
    filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out = TakeOut.ask(http, filled)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Archiver, "run", broken)
    job.run(take_out.pk)
    assert take_out.attributes["state"] == "error"


@pytest.mark.services
def test_what_changes_after_it_began_does_not_show(
    filled: Person, exporter: Exporter, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts.many(filled, 3_000, "more")
    before = {body["title"] for body in TakeOut.made(http, filled).documents("org.wharf.social.posts").values()}
    original = Archiver._add_instance

    def disturbed(archiver: Archiver) -> None:
        """Adds, changes and deletes through the server, as soon as the export has begun."""
        done = threading.Thread(target=disturb)
        done.start()
        done.join()
        original(archiver)

    def disturb() -> None:
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "new", "title": "new"}})
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "first", "title": "changed"}})
        exporter.send_file("blobs", file_item("new.bin", "/elsewhere"), b"new")
        SocialActivity.objects.filter(identifier__in=["1", "2", "3"]).delete()
        connection.close()

    monkeypatch.setattr(Archiver, "_add_instance", disturbed)
    take_out = TakeOut.made(http, filled)
    documents = take_out.documents("org.wharf.social.posts")
    assert len(documents) == 3_051
    assert {body["title"] for body in documents.values()} == before
    assert not any("new.bin" in name or "elsewhere" in name for name in take_out.everything())
    assert Folder.objects.filter(identifier="/elsewhere").exists()


@pytest.fixture
def forget(filled: Person) -> Callable[[], None]:
    """Lets go of every file, and makes all graces end."""

    def forget_all() -> None:
        from importers.models import Holding
        from importers.verticals.blobs.models import File

        File.objects.all().delete()
        Holding.objects.all().delete()
        call_command("purge", stdout=StringIO())
        Content.objects.update(unneeded_since=timezone.now() - COLLECTION_GRACE * 2)
        Export.objects.update(created_at=timezone.now() - COLLECTION_GRACE * 3)
        call_command("purge", stdout=StringIO())

    return forget_all


@pytest.mark.services
def test_content_of_an_unexpired_export_is_not_collected(
    filled: Person, http: httpx.Client, forget: Callable[[], None], exporter: Exporter
) -> None:
    take_out = TakeOut.made(http, filled)
    whole = take_out.fetch().content
    exporter.send_file("blobs", file_item("later.bin"), b"not in the export")
    forget()
    assert Content.objects.count() == 10  # and what the export does not need is gone
    assert take_out.fetch().content == whole
    Export.objects.update(expires_at=timezone.now())
    call_command("purge", stdout=StringIO())
    assert (Content.objects.count(), Spool.objects.count(), list(stored_keys(default_storage))) == (0, 0, [])
    assert Event.objects.filter(kind=Event.Kind.EXPIRED).count() == 1


@pytest.mark.services
def test_content_is_not_collected_while_an_export_is_made(
    filled: Person, http: httpx.Client, forget: Callable[[], None]
) -> None:
    TakeOut.ask(http, filled)
    forget()
    assert Content.objects.count() == 10


@pytest.mark.services
def test_with_the_account_its_exports_go(filled: Person, http: httpx.Client) -> None:
    take_out = TakeOut.made(http, filled)
    filled.row.delete()
    assert http.get(take_out.path).status_code == 404
    call_command("purge", stdout=StringIO())
    assert (Export.objects.count(), Spool.objects.count()) == (0, 0)
    assert len(list(stored_keys(default_storage))) == 10


def test_spools_are_known_to_the_check_of_the_storage(filled: Person, http: httpx.Client) -> None:
    take_out = TakeOut.made(http, filled)
    SocialActivity.objects.exclude(identifier="first").delete()
    call_command("verify_storage", "--repair", stdout=StringIO())
    assert take_out.fetch().status_code == 200


def test_the_mail_has_both_links_and_comes_once(filled: Person, http: httpx.Client) -> None:
    take_out = TakeOut.made(http, filled)
    for _ in range(2):
        send_export_mail(take_out.pk)
    [message] = mail.outbox
    opaque = take_out.path.rpartition("/")[2]
    assert message.to == ["ada@example.org"]
    assert f"{settings.WHARF_BASE_URL}/exports/{opaque}\n" in message.body
    assert f"{settings.WHARF_BASE_URL}/#/exports/{opaque}\n" in message.body


def test_parts_get_their_hashes(filled: Person, http: httpx.Client) -> None:
    import hashlib

    take_out = TakeOut.made(http, filled, parts_size=3_000)
    hash_parts(take_out.pk)
    hashes = list(take_out.row.parts.values_list("sha256", flat=True))
    assert hashes == [hashlib.sha256(part).hexdigest() for part in take_out.parts()]


@pytest.mark.services
def test_lost_messages_are_sent_again(filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out = TakeOut.ask(http, filled)
    woken: list[int] = []
    monkeypatch.setattr(job, "wake", woken.append)
    job.revive()
    assert woken == []
    # Its sender was killed before the message, or the broker said nothing: it is found within a minute, however old.
    old = timezone.now() - timedelta(hours=1)
    for created_at in (F("created_at"), old):
        woken.clear()
        for ago, number in ((20, 0), (31, 1), (5, 1)):
            Export.objects.update(created_at=created_at, woken_at=F("woken_at") - timedelta(seconds=ago))
            job.revive()
            assert woken == [take_out.pk] * number, ago


@pytest.mark.services
def test_a_broker_that_is_gone_loses_nothing(
    filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr("accounts.waking.current_app.send_task", gone)
    assert TakeOut.made(http, filled)


def untold(take_out: TakeOut) -> None:
    """Makes an export end long ago."""
    long_ago = timezone.now() - timedelta(minutes=30)
    Export.objects.filter(pk=take_out.pk).update(finished_at=long_ago, woken_at=long_ago)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that workers were told to do."""
    tasks: list[str] = []
    monkeypatch.setattr(job, "tell", lambda task, pk: tasks.append(task.rpartition(".")[2]))
    return tasks


def test_a_mail_counts_as_sent_when_it_is(filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out = TakeOut.made(http, filled)
    seen: list[Any] = []

    def killed(*_: Any) -> None:
        seen.append((take_out.row.mailed_at, take_out.row.mailing_at is not None))
        send_export_mail(take_out.pk)  # nobody else sends it meanwhile
        raise OSError("the mail server is gone")

    with monkeypatch.context() as patched:
        patched.setattr("accounts.mail.send_mail", killed)
        with pytest.raises(OSError, match="mail server"):
            mails.send(take_out.pk)
    assert seen == [(None, True)]
    assert (take_out.row.mailed_at, take_out.row.mailing_at) == (None, None)
    send_export_mail(take_out.pk)
    assert len(mail.outbox) == 1
    assert take_out.row.mailed_at


def test_a_mail_whose_worker_was_killed_is_sent_by_another_one(
    filled: Person, http: httpx.Client, told: list[str]
) -> None:
    take_out = TakeOut.made(http, filled)
    for minutes, sent in ((9, 0), (11, 1)):
        untold(take_out)
        Export.objects.update(mailing_at=timezone.now() - timedelta(minutes=minutes))
        told.clear()
        job.revive_mails()
        assert "send_export_mail" in told
        send_export_mail(take_out.pk)
        assert len(mail.outbox) == sent


@pytest.mark.services
def test_hashes_whose_worker_was_killed_are_made_within_minutes(
    filled: Person, http: httpx.Client, told: list[str]
) -> None:
    take_out = TakeOut.made(http, filled)
    send_export_mail(take_out.pk)
    for minutes, made in ((4, False), (6, True)):
        untold(take_out)
        Export.objects.update(hashing_at=timezone.now() - timedelta(minutes=minutes))
        told.clear()
        job.revive()
        assert told == ["hash_parts"] * made
        hash_parts(take_out.pk)
        assert all(take_out.row.parts.values_list("sha256", flat=True)) is made
    assert take_out.row.hashing_at is None


def test_a_failure_is_told_without_paths_of_the_server(
    filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out = TakeOut.ask(http, filled)

    def broken(*_: Any, **__: Any) -> None:
        raise FileExistsError(17, "File exists", "/srv/wharf/spool")

    monkeypatch.setattr("moves.exports.spools.SpoolWriter.store", broken)
    job.run(take_out.pk)
    send_export_mail(take_out.pk)
    for text in (take_out.attributes["error"], mail.outbox[0].body):
        assert "File exists" in text
        assert "/srv" not in text


@pytest.mark.services
def test_a_purge_goes_on_where_it_is_not_known_what_an_export_needs(
    filled: Person, http: httpx.Client, forget: Callable[[], None]
) -> None:
    take_out = TakeOut.made(http, filled)
    whole = take_out.fetch().content
    needed = take_out.row.spools.get(kind=Spool.Kind.NEEDED).storage_key
    default_storage.delete(needed)
    forget()
    assert take_out.fetch().content == whole
    Export.objects.update(expires_at=timezone.now())
    call_command("purge", stdout=StringIO())
    assert (Content.objects.count(), list(stored_keys(default_storage))) == (0, [])


def test_one_step_of_a_purge_that_fails_keeps_no_other_one_from_its_work(
    filled: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]
) -> None:
    def broken() -> int:
        raise OSError("the storage is gone")

    monkeypatch.setattr("moves.exports.keeping.remove_spools", broken)
    with pytest.raises(OSError, match="storage is gone"):
        forget()
    Content.objects.update(unneeded_since=timezone.now() - COLLECTION_GRACE * 2)
    with pytest.raises(OSError, match="storage is gone"):
        call_command("purge", stdout=StringIO())
    assert Content.objects.count() == 0


def test_periodic_tasks_wait_neither_for_mail_servers_nor_for_other_servers() -> None:
    assert settings.EMAIL_TIMEOUT == 30
    every = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert set(settings.WHARF_LANE_OF) == every
    assert [queue for queue, lane in settings.WHARF_LANE_OF.items() if lane == "periodic"] == ["periodic"]
    assert [queue for queue, lane in settings.WHARF_LANE_OF.items() if lane == "mail"] == ["mail"]
    for name in ("Procfile", "Procfile.large"):
        commands = read_procfile(CHECKOUT / name).values()
        taken = [command.partition("--queues ")[2].split()[0] for command in commands if "--queues" in command]
        assert sorted(",".join(taken).split(",")) == sorted(every)  # each of them once
