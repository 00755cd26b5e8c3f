"""What the audit trail tells of an export, of who fetches it, and of an archive that comes in."""

from io import StringIO
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command

from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut
from tests.support.trail import events, verified

pytestmark = pytest.mark.services


def test_an_export_is_told_of_step_by_step_and_fetches_by_part_and_minute(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    take_out = TakeOut.made(http, ada)
    for _ in range(3):
        assert take_out.fetch(headers={"User-Agent": "curl/8"}).status_code == 200
    steps = [event["what"]["step"] for event in events("--person", "ada", "--kind", "export-step")]
    assert steps == ["requested", "started", "snapshot taken", "done"]
    fetched = [event["what"] for event in events("--person", "ada", "--kind", "export-fetched")]
    assert sum(one["times"] for one in fetched) == 3  # in one minute, or where that ended meanwhile, in two
    said = {"part": 1, "address": "127.0.0.1", "agent": "curl/8", "id": take_out.row.doc_id}
    assert all(
        one | {"first": "", "last": "", "times": 3} == {**said, "first": "", "last": "", "times": 3} for one in fetched
    )
    assert verified()["faults"] == []


def test_an_archive_that_comes_in_is_told_of(exporter: Exporter, ada: Person, tmp_path: Path) -> None:
    call_command("export_account", "ada", "--output", str(tmp_path), stdout=StringIO(), stderr=StringIO())
    Person.create("eve")
    call_command("import_archive", "eve", *map(str, tmp_path.glob("*.zip")), stdout=StringIO(), stderr=StringIO())
    steps = [event["what"]["step"] for event in events("--person", "eve", "--kind", "import-step")]
    assert steps[:2] == ["requested", "started"]
    assert "done" in steps
