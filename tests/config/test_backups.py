"""Back up while exporters send, destroy, restore: everything that was there then is there, and proven."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config.backups.dumps import NAMED_IN
from importers.content.storage import stored_keys
from importers.models import Content, InstallationId, RunningBackup, Upload
from importers.models.content import COLLECTION_GRACE
from importers.verticals.blobs.models import File
from moves.models import ArchiveImport
from tests.e2e.servers import Server
from tests.support import template_database
from tests.support.exporter import Exporter, Person, file_item
from tests.support.exporter import status as what_became
from tests.support.trail import checkpoint, kinds
from tests.support.waiting import eventually


def backup(place: object, *options: str) -> dict[str, Any]:
    said = StringIO()
    call_command("backup", str(place), *options, "--json", stdout=said)
    return json.loads(said.getvalue())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Server]:
    """Another machine, on which nothing has been installed."""
    (tmp_path / "elsewhere").mkdir()
    if connection.vendor == "sqlite":
        yield Server(tmp_path / "elsewhere", "127.0.0.1")
        return
    url, name = os.environ["DATABASE_URL"], f"{connection.settings_dict['NAME']}_elsewhere"
    address = template_database.create_empty_postgresql(url, name)
    yield Server(tmp_path / "elsewhere", "127.0.0.1", {"DATABASE_URL": address})
    template_database.drop_postgresql(url, name)


def found(there: Server, what: str) -> Any:
    """Returns what an expression says there."""
    models = "".join(f"from {app}.models import *; " for app in ("importers", "moves", "oauth2_provider"))
    code = f"import json; {models} print(json.dumps({what}))"
    return json.loads(there.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


@pytest.mark.services
def test_what_was_there_while_exporters_sent_comes_back_whole(
    exporter: Exporter, place: Path, elsewhere: Server
) -> None:
    for number in range(20):
        assert what_became(exporter.send_file("blobs", file_item(f"{number}"), b"%d" % number * 1000)) == "created"
    sent, is_over = [0], threading.Event()

    def go_on() -> None:
        while not is_over.is_set():
            assert exporter.send_file("blobs", file_item(f"more {sent[0]}"), os.urandom(2000)).status_code == 201
            sent[0] += 1

    checkpoint()
    sending = threading.Thread(target=go_on)
    sending.start()
    try:
        eventually(lambda: sent[0] > 3)
        before = Content.objects.count()
        first = backup(place)
    finally:
        is_over.set()
        sending.join()
    assert first["content"]["wrong"] == []
    assert first["content"]["files"] >= before
    restored = elsewhere.manage_json("restore", str(place))
    assert restored["content"]["wrong"] == []
    there, who = found(elsewhere, "[Content.objects.count(), InstallationId.known()]")
    assert (there, who) == (first["content"]["files"], InstallationId.known())
    assert "0 wrong, 0 mended" in elsewhere.manage("verify_storage")
    (told,) = (one for one in restored["told"] if "WHARF_AUDIT_FORMER_KEYS" in one)
    elsewhere.settings["WHARF_AUDIT_FORMER_KEYS"] = told.rpartition("KEYS=")[2]
    verified = elsewhere.manage_json("verify_audit")
    assert (verified["faults"], verified["checkpoints"]) == ([], 1)

    second = backup(place)  # what has come since, and nothing that is there
    assert second["content"]["there"] == first["content"]["files"]
    assert second["content"]["files"] == Content.objects.count() - first["content"]["files"]


def test_a_backup_is_for_its_owner_alone_and_has_no_key_unless_it_is_asked_for(exporter: Exporter, place: Path) -> None:
    exporter.send_file("blobs", file_item("a"), b"a")
    backup(place)
    files = [path for path in place.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*") if path.is_dir()} == {0o700}
    key = settings.SECRET_KEY.encode()
    assert [path for path in files if key in path.read_bytes()] == []
    with pytest.raises(CommandError, match="made without --with-secrets"):
        call_command("restore", str(place), "--with-secrets")

    backup(place, "--with-secrets")
    assert len([path for path in place.rglob("secrets.json") if key in path.read_bytes()]) == 1
    assert kinds("--subject", "server") == ["backup-made", "backup-made"]


def test_the_key_comes_back_with_what_it_has_encrypted(ada: Person, place: Path, elsewhere: Server) -> None:
    ArchiveImport.objects.create(owner=ada.row, link="https://old.example/1")
    checkpoint()
    backup(place, "--with-secrets")
    elsewhere.manage("restore", str(place), "--with-secrets")
    assert found(elsewhere, "ArchiveImport.objects.get().link") == "https://old.example/1"
    assert elsewhere.manage_json("verify_audit")["faults"] == []
    assert stat.S_IMODE((elsewhere.folder / "secret_key").stat().st_mode) == 0o600


@pytest.mark.services
def test_a_copy_has_an_id_and_files_of_its_own_and_goes_on_with_nothing_of_the_original(
    exporter: Exporter, ada: Person, place: Path, elsewhere: Server
) -> None:
    exporter.send_file("blobs", file_item("a"), b"a")
    ArchiveImport.objects.create(owner=ada.row, link="https://old.example/1")
    Upload.objects.create(owner=ada.row, expires_at=Upload.next_expiry())
    backup(place, "--with-secrets")
    (elsewhere.folder / "content").symlink_to(settings.WHARF_DATA_DIR / "content")  # a storage that both use
    before = set(stored_keys(default_storage))
    elsewhere.manage("restore", str(place), "--as-new", "--with-secrets")
    assert "0 wrong" in elsewhere.manage("verify_storage", "--repair")
    assert set(stored_keys(default_storage)) >= before
    own, keys, imports, tokens = found(
        elsewhere,
        "[InstallationId.known(), list(Content.objects.values_list('storage_key', flat=True)),"
        " [[one.state, one.link] for one in ArchiveImport.objects.all()], AccessToken.objects.count()]",
    )
    assert own != InstallationId.known()
    assert {key.split("/")[0] for key in keys} == {own}
    assert (imports, tokens) == ([["error", ""]], 0)


@pytest.mark.services
def test_a_restore_says_what_another_key_costs_and_writes_over_nothing(
    ada: Person, place: Path, elsewhere: Server
) -> None:
    backup(place)
    assert "SECRET_KEY_FALLBACKS" in elsewhere.manage("restore", str(place))
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", str(place))


def test_a_damaged_file_is_named_and_all_others_come_back(exporter: Exporter, place: Path, elsewhere: Server) -> None:
    for name in ("a", "b"):
        exporter.send_file("blobs", file_item(name), name.encode() * 10)
    backup(place)
    spoilt = File.objects.get(name="a").content
    assert spoilt is not None
    (place / "content" / spoilt.storage_key).write_bytes(b"something")
    with pytest.raises(AssertionError, match=spoilt.storage_key):
        elsewhere.manage("restore", str(place))
    (place / "content" / spoilt.storage_key).write_bytes(b"a" * 10)
    elsewhere.manage("restore", str(place))  # goes on from there
    assert "0 wrong" in elsewhere.manage("verify_storage")


def test_what_is_damaged_here_is_told_when_it_is_backed_up(exporter: Exporter, place: Path) -> None:
    exporter.send_file("blobs", file_item("a"), b"a" * 10)
    key = Content.objects.get().storage_key
    Path(default_storage.path(key)).write_bytes(b"b" * 10)
    said = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("backup", str(place), "--json", stdout=said)
    assert failure.value.returncode == 3
    assert key in said.getvalue()
    assert not (place / "content" / key).exists()


def test_what_a_killed_backup_left_half_written_is_written_anew(exporter: Exporter, place: Path) -> None:
    exporter.send_file("blobs", file_item("a"), b"a" * 10)
    key = Content.objects.get().storage_key
    half = place / "content" / key
    half.parent.mkdir(parents=True)
    half.write_bytes(b"a" * 5)
    (place / "snapshots" / "2020-01-01T00-00-00-000000Z").mkdir(parents=True)  # without a manifest, it is none
    assert backup(place)["content"]["files"] == 1
    assert half.read_bytes() == b"a" * 10
    said = StringIO()
    call_command("restore", str(place), "--list", "--json", stdout=said)
    assert len(json.loads(said.getvalue())["backups"]) == 1


@pytest.mark.services
def test_what_only_old_backups_have_goes_with_them(exporter: Exporter, ada: Person, place: Path) -> None:
    exporter.send_file("blobs", file_item("a"), b"a" * 10)
    backup(place)
    ada.row.delete()
    Content.objects.all().delete()
    assert backup(place, "--keep", "2")["removed"] == 0
    assert backup(place, "--keep", "2")["removed"] == 1
    assert len(list((place / "snapshots").glob("*/manifest.json"))) == 2
    assert [path for path in (place / "content").rglob("*") if path.is_file()] == []


@pytest.mark.services
def test_collection_waits_for_a_backup(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a"), b"a" * 10)
    ada.row.delete()
    Content.objects.update(unneeded_since=timezone.now() - 2 * COLLECTION_GRACE)
    with RunningBackup.kept():
        call_command("purge", stdout=StringIO())
        assert list(stored_keys(default_storage)) != []
        with pytest.raises(CommandError, match="Another backup"):
            call_command("backup", "/nowhere", stdout=StringIO())
    call_command("purge", stdout=StringIO())
    assert not Content.objects.exists()


def test_a_backup_that_was_killed_keeps_nobody_waiting_for_ever(transactional_db: None) -> None:
    RunningBackup.objects.create(seen_at=timezone.now() - timedelta(minutes=11))
    assert not RunningBackup.is_there()
    with RunningBackup.kept():
        assert RunningBackup.is_there()


@pytest.mark.services
def test_a_bucket_takes_backups_as_well(
    bucket: Any, exporter: Exporter, place: Path, elsewhere: Server, s3_server: str
) -> None:
    exporter.send_file("blobs", file_item("a"), b"a" * 10)
    settings.WHARF_BACKUP_S3_ENDPOINT_URL = s3_server
    backup("s3://wharf/backups/of/mine")
    elsewhere.settings |= {"S3_ENDPOINT_URL": s3_server}
    elsewhere.manage("restore", "s3://wharf/backups/of/mine")
    assert "0 wrong" in elsewhere.manage("verify_storage")


def test_programs_of_an_older_postgresql_are_not_used(
    ada: Person, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("it is about PostgreSQL")
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CommandError, match="postgresql-client-"):
        call_command("backup", str(place), stdout=StringIO())


def test_the_data_folder_takes_no_backup_of_itself(ada: Person) -> None:
    with pytest.raises(CommandError, match="is in the data folder"):
        call_command("backup", str(settings.WHARF_DATA_DIR / "backups"), stdout=StringIO())


def test_every_file_that_a_row_may_name_is_in_a_backup() -> None:
    with_files = {
        model._meta.label for model in apps.get_models() if any(one.name == "storage_key" for one in model._meta.fields)
    }
    of_nobody_yet = {"importers.Upload", "importers.PreparedKey"}
    assert with_files - of_nobody_yet == set(NAMED_IN)
