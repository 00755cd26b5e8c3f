"""`/metrics`: who may read it, and that its numbers are true."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import yaml
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import ProcessSign
from moves.models import ArchiveImport, Move
from tests.support.arrivals import announced
from tests.support.checkout import CHECKOUT
from tests.support.database_line import database_line as database_line
from tests.support.exporter import Exporter, Person
from tests.support.fault_proxy import FaultProxy
from tests.support.waiting import eventually

TOKEN = "a-token-of-prometheus"
PROMETHEUS_GIVES_UP = 10  # seconds


@pytest.fixture(autouse=True)
def enabled(settings: Settings) -> None:
    settings.WHARF_METRICS_TOKEN = TOKEN


def scrape(**more: Any) -> dict[str, float]:
    """Returns each series with its value, from a web process of its own."""
    answer = Client(**more).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = (line for line in answer.content.decode().splitlines() if not line.startswith("#"))
    return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.django_db
def test_it_is_there_for_the_token_and_for_nobody_else(settings: Settings) -> None:
    assert Client().get("/metrics").status_code == 404
    for said in ("Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer "):
        assert Client().get("/metrics", headers={"Authorization": said}).status_code == 404
    assert scrape()
    settings.WHARF_METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_a_network_that_is_named_needs_no_token(settings: Settings) -> None:
    settings.WHARF_METRICS_NETWORKS = ["10.1.0.0/16"]
    assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="10.2.2.3").get("/metrics").status_code == 404
    assert Client(REMOTE_ADDR="").get("/metrics").status_code == 404


@pytest.mark.django_db
def test_a_machine_is_scraped_without_tls_also_in_production(settings: Settings) -> None:
    settings.PRODUCTION = settings.SECURE_SSL_REDIRECT = True
    assert scrape()


def test_items_count_by_vertical_and_outcome_with_their_bytes(exporter: Exporter) -> None:
    before = scrape()  # which begins to count, also what other tests' processes see
    client = Client(headers={"Authorization": f"Bearer {exporter.tokens['access_token']}"})
    item = b'{"@type":"Folder","path":"/a"}'
    for body in (item, item, b"{"):
        client.post("/import/blobs", body, content_type="application/json")
    client.post("/import/nothing", item, content_type="application/json")
    after = scrape()

    def more(name: str, vertical: str, outcome: str) -> float:
        series = f'{name}_total{{outcome="{outcome}",vertical="{vertical}"}}'
        return after.get(series, 0) - before.get(series, 0)

    assert more("wharf_items", "blobs", "created") == 1
    assert more("wharf_items", "blobs", "unchanged") == 1
    assert more("wharf_item_bytes", "blobs", "created") == len(item)
    assert sum(value for series, value in after.items() if 'vertical="other"' in series and "items" in series) >= 1
    assert any(series.startswith('wharf_request_seconds_bucket{group="import"') for series in after)


@pytest.mark.django_db
@pytest.mark.services
def test_what_is_unfinished_is_told_for_all_machines() -> None:
    ada, eve = Person.create("ada").row, Person.create("eve").row
    ArchiveImport.objects.create(owner=ada, created_at=timezone.now() - timedelta(hours=2))
    announced(ada)
    announced(eve, next_at=timezone.now() - timedelta(hours=1), tries=2)
    Move.objects.create(
        owner=eve, side=Move.Side.SOURCE, state=Move.State.MOVED, ended_at=timezone.now(), lease_until=timezone.now()
    )
    seen = {"started_at": timezone.now(), "seen_at": timezone.now() - timedelta(seconds=90)}
    ProcessSign.objects.create(kind="worker", host="second", process=7, queues="mail", **seen)
    told = scrape()
    assert told['wharf_jobs{kind="import",state="waiting"}'] == 1
    assert told['wharf_job_oldest_seconds{kind="import",state="waiting"}'] == pytest.approx(7200, abs=60)
    assert told['wharf_moves{side="target",state="announced"}'] == 2
    assert (told["wharf_moves_overdue"], told["wharf_moves_failing"]) == (1, 1)
    silence = told['wharf_process_silence_seconds{host="second",kind="worker",process="7",queues="mail"}']
    assert silence == pytest.approx(90, abs=30)
    assert told['wharf_service_up{service="database"}'] == 1


def test_what_the_storage_does_not_do_is_counted_in_whichever_process(exporter: Exporter, settings: Settings) -> None:
    def errors(tried: str) -> float:
        return scrape().get(f'wharf_storage_errors_total{{tried="{tried}"}}', 0)

    folder = settings.STORAGES["default"]["OPTIONS"]["location"] / default_storage.save("a/b", ContentFile(b"bytes"))
    read, written = errors("read"), errors("write")
    folder.unlink()
    with pytest.raises(FileNotFoundError):
        default_storage.open("a/b")
    with pytest.raises(FileExistsError):
        default_storage.save("a", ContentFile(b"where a folder is"))
    default_storage.delete("a/b")
    assert default_storage.exists("a/b") is False
    assert (errors("read"), errors("write"), errors("delete")) == (read + 1, written + 1, 0)


@pytest.mark.alone
@pytest.mark.services
@pytest.mark.parametrize("fault", [FaultProxy.silence, FaultProxy.refuse], ids=["silent", "gone"])
def test_without_the_database_all_that_can_be_known_is_told_soon(
    server: str, database_line: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    def told() -> str:
        answer = httpx.get(f"{server}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        assert answer.status_code == 200
        return answer.text

    assert "wharf_jobs{" in told()
    fault(database_line)
    began = time.monotonic()
    found = told()
    assert time.monotonic() - began < PROMETHEUS_GIVES_UP
    assert "wharf_disk_free_bytes" in found
    assert "wharf_jobs{" not in found
    eventually(lambda: 'wharf_service_up{service="database"} 0.0' in told())  # an answer may stand for a second
    database_line.heal()
    eventually(lambda: "wharf_jobs{" in told())


@pytest.mark.django_db
def test_a_scrape_asks_as_often_however_much_there_is() -> None:
    scrape()
    with CaptureQueriesContext(connection) as few:
        scrape()
    for number in range(5):
        announced(Person.create(f"person{number}").row)
    with CaptureQueriesContext(connection) as many:
        scrape()
    assert len(many) == len(few) < 20


@pytest.mark.django_db
def test_alerts_and_the_board_ask_for_numbers_that_are_there() -> None:
    told = {re.sub(r"_(bucket|sum|count)$", "", series.partition("{")[0]) for series in scrape()}
    told |= {"wharf_items_total", "wharf_item_bytes_total", "wharf_log_lines_total", "wharf_request_seconds"}
    told |= {"wharf_storage_errors_total"}
    told |= {"wharf_process_silence_seconds", "wharf_moves", "wharf_periodic_task_late_seconds"}
    told |= {"wharf_periodic_task_failed"}
    folder = CHECKOUT / "deploy/prometheus"
    rules = yaml.safe_load((folder / "alerts.yml").read_text())["groups"][0]["rules"]
    assert len(rules) > 8
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in rules)
    panels = yaml.safe_load((folder / "grafana.json").read_text())["panels"]
    asked = [rule["expr"] for rule in rules] + [one["expr"] for panel in panels for one in panel.get("targets", [])]
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for one in asked for name in re.findall(r"wharf_\w+", one)}
    assert named - told == set()
