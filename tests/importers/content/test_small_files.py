"""Files that come whole: on the disk before their row, kept once, and found whenever their server dies."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from importers.content.storage import stored_keys
from importers.models import Content, Holding, PreparedKey, Upload
from importers.verticals.blobs.models import File
from tests.support import database_url
from tests.support.checkout import CHECKOUT
from tests.support.dying import COMMITTED, MOMENTS, held
from tests.support.exporter import BOUNDARY, Exporter, Person, file_item, related, status

MULTIPART = f"multipart/related; boundary={BOUNDARY}"


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("remover", [("purge",), ("verify_storage", "--repair")])
def test_a_file_is_whole_or_not_there_at_whatever_moment_its_server_dies(
    exporter: Exporter, ada: Person, tmp_path: Path, remover: tuple[str, ...]
) -> None:
    for moment in MOMENTS:
        (tmp_path / moment).write_bytes(related(file_item(f"{moment}.bin"), moment.encode()))
    subprocess.run(
        [sys.executable, "-m", "tests.support.dying", exporter.tokens["access_token"], BOUNDARY]
        + [str(tmp_path / moment) for moment in MOMENTS],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": database_url.of_tests()},
        check=True,
    )
    assert sorted(File.objects.values_list("name", flat=True)) == [f"{moment}.bin" for moment in COMMITTED]
    assert len(list(stored_keys(default_storage))) == len(MOMENTS) - 1  # the first had no name for its bytes yet
    command(*remover)
    kept = list(Content.objects.values_list("storage_key", flat=True))
    assert (list(stored_keys(default_storage)), PreparedKey.objects.count(), Upload.objects.count()) == (kept, 0, 0)
    assert "1 contents, 10 bytes checked; 0 wrong" in command("verify_storage")
    assert [status(exporter.send_file("blobs", file_item(f"{moment}.bin"), moment.encode())) for moment in MOMENTS] == [
        "unchanged" if moment in COMMITTED else "created" for moment in MOMENTS
    ]


def test_bytes_and_their_name_are_on_the_disk_before_their_row_is_there(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), Content.objects.count()))

    monkeypatch.setattr("importers.content.storage.os.fsync", watched)
    assert exporter.send_file("blobs", file_item("a.bin"), b"bytes").status_code == 201
    path = Path(default_storage.path(Content.objects.get().storage_key))
    assert synced[-2:] == [(str(path), 0), (str(path.parent), 0)]


@pytest.mark.services
def test_a_file_costs_few_statements_and_one_transaction(exporter: Exporter) -> None:
    authorization = f"Bearer {exporter.tokens['access_token']}"
    client = Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION=authorization, HTTP_X_DTP_JOB_ID=exporter.job)
    bodies = [related(file_item(f"{number}.bin"), b"%d" % number) for number in range(20)]
    for body in bodies[:-2]:
        client.post("/import/blobs", body, content_type=MULTIPART, **held(body))
    # Django notes a BEGIN and a COMMIT that psycopg never sends: they come along with the first and the last statement.
    noted = ("BEGIN", "COMMIT") if connection.vendor == "postgresql" else ()
    asked: list[list[str]] = []
    for body in bodies[-2:]:
        with CaptureQueriesContext(connection) as captured:
            answer = client.post("/import/blobs", body, content_type=MULTIPART, **held(body))
        assert answer.status_code == 201
        asked.append([query["sql"] for query in captured.captured_queries if query["sql"] not in noted])
    statements = min(asked, key=len)  # what is looked up now and then is not in each
    assert sum(statement.startswith("BEGIN") for statement in statements) == 1
    # Each is a way to the database and back; PostgreSQL takes those at the end together.
    assert len(statements) <= (6 if connection.vendor == "postgresql" else 14), "\n".join(statements)


@pytest.mark.services
def test_a_quota_is_exact_for_files_that_come_at_the_same_time(exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("00.bin"), b"00" * 5000)
    one = ada.used
    ada.set_quota(6 * one)
    with ThreadPoolExecutor(12) as pool:
        sent = [
            pool.submit(exporter.send_file, "blobs", file_item(f"{number}.bin"), b"%d" % number * 5000)
            for number in range(10, 22)
        ]
    statuses = [answer.result().status_code for answer in sent]
    assert (statuses.count(201), statuses.count(413), ada.used) == (5, 7, 6 * one)
    assert (Content.objects.count(), len(list(stored_keys(default_storage)))) == (6, 6)


@pytest.mark.services
def test_the_same_bytes_lie_in_the_storage_once_however_many_bring_them_at_once(
    exporter: Exporter, ada: Person
) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(exporter.send_file, "blobs", file_item(f"{number}.bin"), b"bytes" * 1000) for number in range(8)
        ]
    assert [status(answer.result()) for answer in sent] == ["created"] * 8
    assert (File.objects.count(), Holding.objects.count(), Content.objects.count()) == (8, 1, 1)
    assert list(stored_keys(default_storage)) == [Content.objects.get().storage_key]


def test_keys_that_are_gone_from_the_database_stop_no_file(exporter: Exporter) -> None:
    for number in range(4):
        exporter.send_file("blobs", file_item(f"{number}.bin"), b"%d" % number)
    assert PreparedKey.objects.exists()
    PreparedKey.objects.all().delete()  # as a backup that is brought back knows none of them
    for number in range(4, 8):
        assert status(exporter.send_file("blobs", file_item(f"{number}.bin"), b"%d" % number)) == "created"
    assert sorted(stored_keys(default_storage)) == sorted(Content.objects.values_list("storage_key", flat=True))
