"""An export while the storage is away for a while: it is put off, and made when all is well again."""

import errno
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

from importers.content import stored
from importers.content.storage import stored_keys
from moves import jobs
from moves.exports import job
from moves.models import Event, Export
from moves.tasks import hash_parts
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, unzipped

pytestmark = pytest.mark.services

STORE = "moves.exports.spools.SpoolWriter.store"
AWAY: dict[str, Callable[[], Exception]] = {
    "the disk of another machine": lambda: OSError(errno.ESTALE, "Stale file handle"),
    "an S3 that takes no connection": lambda: ConnectTimeoutError(endpoint_url="https://s3.example"),
    "an S3 that says nothing": lambda: ReadTimeoutError(endpoint_url="https://s3.example"),
    "a line that says nothing": lambda: TimeoutError("timed out"),
    "the database": lambda: OperationalError("the connection was closed"),
}


def _is_due_now(export: Export) -> None:
    ago = timezone.now() - timedelta(seconds=1)
    Export.objects.filter(pk=export.pk).update(retry_at=ago, woken_at=ago - timedelta(seconds=1))


@pytest.mark.parametrize("away", AWAY)
def test_what_is_away_for_a_while_puts_an_export_off_and_then_it_is_made(
    exporter: Exporter, ada: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    take_out = TakeOut.ask(http, ada)

    def broken(*_: Any, **__: Any) -> None:
        raise AWAY[away]()

    for pause in jobs.PAUSES[:6]:  # more than die before an export is given up
        with monkeypatch.context() as patched:
            patched.setattr(STORE, broken)
            assert not job.run(take_out.pk)
        row = take_out.row
        assert row.state == Export.State.EXPORTING
        assert row.waiting_for
        assert row.retry_at is not None
        assert timedelta(0) < row.retry_at - timezone.now() <= timedelta(seconds=pause)
        assert not job.run(take_out.pk), "it is not yet time"
        assert job.revive() == 0
        _is_due_now(row)
    assert job.revive() == 1
    assert job.run(take_out.pk)
    assert (take_out.row.state, take_out.row.waiting_for) == (Export.State.DONE, "")
    assert Event.objects.filter(kind=Event.Kind.INTERRUPTED).count() == 6


def test_what_stays_away_for_hours_ends_it_with_that_cause(
    ada: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out = TakeOut.ask(http, ada)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "Input/output error", "/srv/wharf")

    monkeypatch.setattr(STORE, broken)
    for _ in jobs.PAUSES:
        assert not job.run(take_out.pk)
        _is_due_now(take_out.row)
    assert job.run(take_out.pk)
    assert take_out.attributes["state"] == "error"
    assert "Input/output error" in take_out.attributes["error"]
    assert sum(jobs.PAUSES) > timedelta(hours=3).total_seconds()


def test_a_storage_that_does_not_answer_makes_no_entry_missing(
    exporter: Exporter, ada: Person, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    take_out = TakeOut.made(http, ada)
    open_at = stored.open_at
    key = next(key for key in stored_keys(default_storage) if default_storage.size(key) == len(b"bytes"))

    def broken(asked: str, start: int, stop: int) -> Any:
        if asked == key:
            raise OSError(errno.EIO, "Input/output error")
        return open_at(asked, start, stop)

    with monkeypatch.context() as patched:
        patched.setattr(stored, "open_at", broken)
        assert take_out.fetch().status_code == 503
        hash_parts(take_out.pk)
    assert "missing" not in take_out.attributes or not take_out.attributes["missing"]
    hash_parts(take_out.pk)
    assert all(take_out.row.parts.values_list("sha256", flat=True))
    assert any(name.endswith("/a.bin") for name in unzipped(take_out.fetch().content))
