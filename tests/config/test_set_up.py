"""`manage.py set_up`: what is wrong is found, with how to mend it."""

import json
from base64 import b64encode
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings

from importers.content.storage import stored_keys
from tests.support.exporter import Person
from tests.support.trail import checkpoint

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]

DEAD = "127.0.0.1:9"  # nobody listens there


def set_up(*options: str) -> dict[str, dict[str, Any]]:
    """Returns the last finding of each check."""
    said = StringIO()
    try:
        call_command("set_up", *options, "--json", stdout=said)
    except CommandError:
        assert not json.loads(said.getvalue())["ok"]
    return {one["check"]: one for one in json.loads(said.getvalue())["checks"]}


@pytest.fixture(autouse=True)
def collected(settings: Settings, tmp_path: Path) -> None:
    """As `collectstatic` leaves it."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").write_text("{}")


def test_what_works_is_said_to_work_and_nothing_is_left_behind(server: str, settings: Settings) -> None:
    settings.WHARF_BASE_URL = server
    found = set_up()
    wrong = [one for one in found.values() if one["ok"] is False]
    assert wrong == []
    for check in ("settings", "data folder", "database", "storage", "broker", "outside: status", "outside: pages"):
        assert found[check]["ok"] is True, found[check]
    assert found["outside: early answers"]["ok"] is True
    assert list(stored_keys(default_storage)) == []


def test_who_may_use_the_admin_and_who_works_is_asked(ada: Person) -> None:
    before = set_up()
    assert before["operators"]["ok"] is None
    assert before["processes"]["ok"] is None
    assert "--staff" in before["operators"]["advice"]
    row = ada.row
    row.is_staff = True
    row.save()
    assert set_up("--inside")["operators"]["ok"] is True


@pytest.mark.parametrize(
    ("name", "value", "check", "named"),
    [
        ("CELERY_BROKER_URL", f"redis://{DEAD}/0", "broker", "CELERY_BROKER_URL"),
        ("STATIC_ROOT", "/nowhere", "static files", "collectstatic"),
        ("WHARF_LOW_DISK_BYTES", 10**18, "data folder", "full"),
    ],
)
def test_what_does_not_work_is_named_with_its_setting(
    settings: Settings, name: str, value: Any, check: str, named: str
) -> None:
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    setattr(settings, name, value)
    found = set_up("--inside")[check]
    assert found["ok"] is False
    assert named in found["advice"]


def test_a_server_that_nobody_reaches_is_told(settings: Settings) -> None:
    settings.WHARF_BASE_URL = f"http://{DEAD}"
    found = set_up()
    assert found["outside: reachable"]["ok"] is False
    assert "outside: pages" not in found


def test_a_server_for_mails_that_is_gone_is_told(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 9
    found = set_up("--inside")["mail"]
    assert (found["ok"], "EMAIL_URL" in found["advice"]) == (False, True)


def test_a_machine_that_signs_the_audit_trail_with_a_key_of_its_own_is_told(ada: Person, settings: Settings) -> None:
    checkpoint()
    assert "audit key" not in set_up("--inside")
    settings.WHARF_AUDIT_KEY = b64encode(bytes(32)).decode()
    found = set_up("--inside")["audit key"]
    assert (found["ok"], "WHARF_AUDIT_KEY" in found["advice"]) == (False, True)


def test_a_database_that_is_older_than_the_program_is_told() -> None:
    last = MigrationRecorder.Migration.objects.filter(app="accounts").latest("pk")
    last.delete()
    try:
        found = set_up("--inside")["database"]
        assert (found["ok"], found["advice"]) == (False, "Run manage.py migrate.")
    finally:
        last.save(force_insert=True)


def test_somebody_at_a_terminal_reads_a_line_each_and_what_to_do(settings: Settings) -> None:
    settings.STATIC_ROOT = "/nowhere"
    said = StringIO()
    with pytest.raises(CommandError, match="To be mended: static files"):
        call_command("set_up", "--inside", stdout=said)
    assert "WRONG  static files:" in said.getvalue()
    assert "       Run manage.py collectstatic" in said.getvalue()
