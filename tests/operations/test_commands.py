"""The commands of operators say what the admin says, for people and for programs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import User
from moves.models import ArchiveImport, Export, Move, MoveStep
from tests.support import rows
from tests.support.trail import events, kinds

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command, and returns its lines of JSON."""

    def run(*words: str) -> list[dict[str, Any]]:
        call_command(*words, "--json")
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_people_are_found_by_a_part_of_a_name_and_by_room(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows.person("ada", quota_bytes=100, used_bytes=90)
    rows.person("adam", quota_bytes=100, used_bytes=10)
    assert [one["name"] for one in said("people", "AD")] == ["adam", "ada"]
    assert [one["name"] for one in said("people", "--nearly-full")] == ["ada"]
    call_command("people", "ada@")
    assert "ada@example.org" in capsys.readouterr().out
    call_command("people", "nobody")
    assert capsys.readouterr().out == "There is no such account.\n"


def test_a_person_is_blocked_and_let_in_again(said: Any) -> None:
    ada = rows.person("ada")
    assert said("block", "Ada", "--note", "Write to us.") == [{"name": "ada", "blocked": "operator", "changed": True}]
    ada.refresh_from_db()
    assert ada.why_blocked == "Write to us."
    assert not said("block", "ada")[0]["changed"]
    assert [one["name"] for one in said("people", "--blocked")] == ["ada"]
    assert said("block", "ada@example.org", "--end") == [{"name": "ada", "blocked": "", "changed": True}]
    assert kinds("--person", "ada")[-2:] == ["account-blocked", "account-unblocked"]
    (told,) = events("--person", "ada", "--kind", "account-blocked")
    assert told["what"]["why"] == "Write to us."
    with pytest.raises(CommandError, match="no account 'bob'"):
        call_command("block", "bob")


def test_a_quota_is_said_and_changed(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows.person("ada", quota_bytes=None, used_bytes=5)
    assert said("quota", "ada", "2GiB") == [{"name": "ada", "used_bytes": 5, "quota_bytes": 2 * 1024**3}]
    assert said("quota", "ada", "none")[0]["quota_bytes"] is None
    call_command("quota", "ada")
    assert capsys.readouterr().out == "ada keeps 5 bytes without a limit.\n"
    with pytest.raises(CommandError, match="not a size"):
        call_command("quota", "ada", "much")
    assert User.objects.get().quota_bytes is None


def test_jobs_are_listed_by_what_they_do(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ada, now = rows.person("ada"), timezone.now()
    usual = {"owner": ada, "side": "source", "peer_url": "https://new.example/", "lease_until": now}
    late = Move.objects.create(**usual, state="handing over", tries=2)
    MoveStep.objects.create(move=late, state=late.state, what="hands over", outcome="again", detail="It says nothing.")
    Move.objects.create(**usual, state="moved", ended_at=now)
    Export.objects.create(owner=ada, parts_size=1, max_age=1, expires_at=now, created_at=now - timedelta(hours=1))
    ArchiveImport.objects.create(owner=ada, server="old.example", state="incomplete", finished_at=now, missing=3)
    overdue = said("moves", "--now", "overdue")
    assert [(one["other_server"], one["tries"], one["error"]) for one in overdue] == [
        ("new.example", 2, "It says nothing.")
    ]
    assert len(said("moves", "ada")) == 2
    assert [one["state"] for one in said("exports", "--now", "overdue")] == ["exporting"]
    assert [one["missing"] for one in said("imports", "--now", "failed")] == [3]
    call_command("imports")
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split()[:4] == ["id", "person", "state", "from"]
    assert "old.example" in shown[1]
