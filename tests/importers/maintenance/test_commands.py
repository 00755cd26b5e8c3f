"""What a killed server leaves is found and removed; what a disk loses is found."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from importers.content.storage import stored_keys
from importers.models import Content, Holding, InstallationId, Upload
from importers.models.content import COLLECTION_GRACE
from importers.verticals.blobs.models import File
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, Person, file_item, related
from tests.support.trail import events
from tests.support.waiting import eventually

pytestmark = pytest.mark.services

MIB = 1024 * 1024


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def killable(server: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A second server, in a process of its own, on the same database and storage."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = connection.settings_dict["NAME"]
    database = f"sqlite:///{name}" if connection.vendor == "sqlite" else _test_database_url(str(name))
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
        + ["--http", "config.protocol:HttpProtocol", "--log-level", "critical"],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": database},
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{address}/status")
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    yield address, process
    process.kill()
    process.wait()


def _test_database_url(name: str) -> str:
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return f"{base}/{name}"


@pytest.mark.parametrize("remover", [("purge",), ("verify_storage", "--repair")])
def test_what_a_killed_server_leaves_is_removed(
    killable: tuple[str, subprocess.Popen[bytes]], ada: Person, remover: tuple[str, ...]
) -> None:
    address, process = killable
    body = related(file_item("a.bin"), os.urandom(8 * MIB))
    with Exporter(address, ada, "Cloud One") as exporter, exporter.connect() as broken:
        broken.sendall(exporter.head("blobs", len(body)) + body[: 4 * MIB])
        eventually(lambda: list(stored_keys(default_storage)))
        assert Upload.objects.get().reserved_bytes == 8 * MIB
        command(remover[0], *remover[1:])
        assert Upload.objects.count() == 1  # it lives, so it stays
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(list(stored_keys(default_storage))) == 1
    command(remover[0], *remover[1:])
    assert (Upload.objects.count(), list(stored_keys(default_storage)), ada.used) == (0, [], 0)


def test_what_a_killed_server_had_reserved_is_free_at_once(
    killable: tuple[str, subprocess.Popen[bytes]], exporter: Exporter, ada: Person
) -> None:
    address, process = killable
    ada.set_quota(10 * MIB)
    body = related(file_item("a.bin"), os.urandom(8 * MIB))
    with Exporter(address, ada, "Cloud Two") as other, other.connect() as broken:
        broken.sendall(other.head("blobs", len(body)) + body[: 2 * MIB])
        while not Upload.objects.exists():
            time.sleep(0.02)
        assert exporter.send_file("blobs", file_item("b.bin"), bytes(8 * MIB)).status_code == 413
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert exporter.send_file("blobs", file_item("b.bin"), bytes(8 * MIB)).status_code == 201


def test_an_upload_without_a_sign_of_life_is_removed(server: str, ada: Person) -> None:
    upload = Upload.objects.create(owner=ada.row, reserved_bytes=100, expires_at=timezone.now())
    command("purge")
    assert not Upload.objects.filter(pk=upload.pk).exists()


def test_a_commit_whose_answer_was_lost_keeps_its_bytes(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    key = Content.objects.get().storage_key
    Upload.objects.create(owner=ada.row, storage_key=key, expires_at=timezone.now())
    command("purge")
    assert (Upload.objects.count(), list(stored_keys(default_storage))) == (0, [key])


def test_stray_bytes_are_found_and_removed_only_when_asked(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    kept = list(stored_keys(default_storage))
    stray = f"{InstallationId.known()}/ab/stray"
    default_storage.save(stray, ContentFile(b"?"))
    with pytest.raises(CommandError):
        command("verify_storage")
    assert stray in list(stored_keys(default_storage))
    assert f"mended: {stray}" in command("verify_storage", "--repair")
    assert list(stored_keys(default_storage)) == kept
    assert "1 contents, 5 bytes checked; 0 wrong" in command("verify_storage")
    (told,) = events("--subject", "server", "--kind", "staff-acted")
    assert told["what"]["mended"] == 1


def test_a_repair_that_would_remove_much_says_so_first_and_wants_a_yes(exporter: Exporter) -> None:
    """As beside a database that is older than the files, or beside none of theirs."""
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    [kept] = stored_keys(default_storage)
    strays = {f"{InstallationId.known()}/ab/{number}" for number in range(11)}
    for stray in strays:
        default_storage.save(stray, ContentFile(b"?"))
    with pytest.raises(CommandError, match=r"Nothing was removed.* 11 files of 12[^$]*1 more[^$]*--yes"):
        command("verify_storage", "--repair")
    assert set(stored_keys(default_storage)) == strays | {kept}
    assert "0 wrong, 11 mended" in command("verify_storage", "--repair", "--yes")
    assert set(stored_keys(default_storage)) == {kept}
    assert kept.startswith(f"{InstallationId.known()}/")


def test_a_repair_beside_the_wrong_database_touches_nothing_of_another_installation(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    theirs = {"w0123456789ab/ab/theirs", "ab/of an earlier version"}
    for key in theirs:
        default_storage.save(key, ContentFile(b"?"))
    said = command("verify_storage", "--repair", "--yes")
    assert "left alone: 1 file of another installation (w0123456789ab)" in said
    assert "left alone: 1 file that no installation's folder has" in said
    assert theirs < set(stored_keys(default_storage))


def test_what_an_earlier_version_stored_is_ours_while_the_database_names_it(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    content = Content.objects.get()
    default_storage.delete(content.storage_key)
    content.storage_key = f"ab/{'0' * 32}"
    content.save()
    default_storage.save(content.storage_key, ContentFile(b"bytes"))
    assert "1 contents, 5 bytes checked; 0 wrong" in command("verify_storage", "--repair")


@pytest.mark.parametrize("arguments", [(), ("--sizes",)])
@pytest.mark.parametrize("damage", ["missing", "shorter"])
def test_a_size_that_is_another_one_is_found(exporter: Exporter, damage: str, arguments: tuple[str, ...]) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    key = Content.objects.get().storage_key
    default_storage.delete(key)
    if damage == "shorter":
        default_storage.save(key, ContentFile(b"by"))
    out = StringIO()
    with pytest.raises(CommandError, match="Something is wrong"):
        call_command("verify_storage", *arguments, stdout=out)
    assert ("missing" if damage == "missing" else "2 bytes are stored instead of 5") in out.getvalue()


@pytest.mark.parametrize("damage", ["missing", "shorter", "changed"])
def test_a_damaged_content_is_found(exporter: Exporter, damage: str) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    key = Content.objects.get().storage_key
    default_storage.delete(key)
    if damage != "missing":
        default_storage.save(key, ContentFile({"shorter": b"by", "changed": b"BYTES"}[damage]))
    for arguments in ((), ("--repair",)):
        with pytest.raises(CommandError, match="Something is wrong"):
            command("verify_storage", *arguments)
    assert Content.objects.count() == 1  # nothing is forgotten because it is damaged


def test_use_that_is_counted_wrong_is_found_and_corrected(exporter: Exporter, ada: Person) -> None:
    exporter.job = ""
    for content in (b"one", b"two"):
        exporter.send_file("blobs", file_item("é.bin"), content)
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "ü", "title": "1"}})
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "ü", "title": "2"}})
    for album in ("1", "2"):
        exporter.send_file("media", {"@type": "Photo", "name": "é", "albumId": album}, b"pixels")
    used = ada.used
    assert "0 wrong" in command("verify_storage")
    User.objects.update(used_bytes=1)
    with pytest.raises(CommandError):
        command("verify_storage")
    command("verify_storage", "--repair")
    assert ada.used == used


def test_content_that_nobody_holds_is_collected_after_a_grace(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    ada.row.delete()
    assert (File.objects.count(), Holding.objects.count(), Content.objects.count()) == (0, 0, 1)
    command("purge")
    assert Content.objects.get().unneeded_since is not None
    Content.objects.update(unneeded_since=timezone.now() - COLLECTION_GRACE * 2)
    command("purge")
    assert (Content.objects.count(), Upload.objects.count(), list(stored_keys(default_storage))) == (0, 0, [])


def test_unneeded_content_that_comes_again_is_needed_again(server: str, exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    ada.row.delete()
    command("purge")
    with Exporter(server, Person.create("bob"), "Cloud Two") as other:
        assert other.send_file("blobs", file_item("a.bin"), b"bytes").status_code == 201
    assert Content.objects.get().unneeded_since is None
    Content.objects.update(unneeded_since=timezone.now() - COLLECTION_GRACE * 2)  # a mark that came too late
    command("purge")
    assert len(list(stored_keys(default_storage))) == 1
