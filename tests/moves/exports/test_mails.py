"""Mails at the end of jobs, of which all keep the same rule: once, and surely."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from moves.exports import mails as export_mails
from moves.imports import mails as import_mails
from moves.models import ArchiveImport, Export
from tests.support.exporter import Person

Job = tuple[Any, Callable[[int], None]]


@pytest.fixture(params=["export", "import"])
def ended(request: pytest.FixtureRequest, ada: Person) -> Job:
    """A job that has failed, and what sends its mail."""
    now = timezone.now()
    if request.param == "export":
        export = Export.objects.create(owner=ada.row, state="error", parts_size=1, max_age=1, expires_at=now)
        return export, export_mails.send
    return ArchiveImport.objects.create(owner=ada.row, state="error", error="The link is dead."), import_mails.send


def test_a_mail_that_could_not_be_sent_is_sent_later(ended: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    row, send = ended

    def gone(*_: Any) -> None:
        raise TimeoutError("timed out")

    with monkeypatch.context() as patched:
        patched.setattr("accounts.mail.send_mail", gone)
        with pytest.raises(OSError, match="timed out"):
            send(row.pk)
    for _ in range(2):
        send(row.pk)
    assert len(mail.outbox) == 1
    row.refresh_from_db()
    assert row.mailed_at
    assert row.mailing_at is None
    assert row.events.filter(kind="mailed").count() == 1


@pytest.mark.parametrize(("minutes", "sent"), [(9, 0), (11, 1)])
def test_a_mail_that_a_killed_worker_had_begun_is_sent_after_ten_minutes(ended: Job, minutes: int, sent: int) -> None:
    row, send = ended
    type(row).objects.update(mailing_at=timezone.now() - timedelta(minutes=minutes))
    send(row.pk)
    assert len(mail.outbox) == sent
