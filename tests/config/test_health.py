"""Is the server there, can it work, and what does it write in its log?"""

import json
import logging
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import ProcessSign, User
from accounts.signs import Sign
from audit import append_only, database_triggers
from config.log import WithoutAddress
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, file_item
from tests.support.trail import verified
from tests.support.waiting import eventually

pytestmark = pytest.mark.services


def test_status_answers_200_in_json(http: httpx.Client) -> None:
    answer = http.get("/status")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["status"] == "OK"


def everybody_works() -> None:
    """A beat and a worker have just said that they live."""
    Sign(ProcessSign.Kind.BEAT).give()
    Sign(ProcessSign.Kind.WORKER, settings.WHARF_LANE_OF).give()


def test_readiness_asks_every_service_and_whoever_works(http: httpx.Client) -> None:
    everybody_works()
    names = ("database", "storage", "broker", "cache", "audit", "search", "workers", "beat")
    assert http.get("/status/ready").json() == {"status": "OK"} | dict.fromkeys(names, "ok")


def test_readiness_warns_of_an_audit_trail_that_the_database_lets_be_changed(http: httpx.Client) -> None:
    everybody_works()
    (trigger, *_) = append_only.triggers(connection.vendor)
    database_triggers.drop(connection, trigger.name, trigger.table)
    answer = http.get("/status/ready")
    assert (answer.status_code, answer.json()["status"], answer.json()["audit"]) == (200, "warning", "unavailable")
    assert verified()["faults"] == [f"The database does not refuse UPDATE on {trigger.table}: run `manage.py migrate`."]
    call_command("migrate", verbosity=0)
    assert http.get("/status/ready").json()["audit"] == "ok"


def test_readiness_warns_of_an_audit_trail_whose_triggers_are_switched_off(http: httpx.Client) -> None:
    everybody_works()
    (trigger, *_) = append_only.triggers(connection.vendor)
    switch_off = {"postgresql": f"ALTER TABLE {trigger.table} DISABLE TRIGGER {trigger.name}"}
    with connection.cursor() as cursor:
        cursor.execute(switch_off.get(connection.vendor, f"DROP TRIGGER {trigger.name}"))
    assert http.get("/status/ready").json()["audit"] == "unavailable"
    call_command("migrate", verbosity=0)
    assert http.get("/status/ready").json()["audit"] == "ok"
    assert verified()["faults"] == []


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_readiness_and_the_admin_say_who_gives_no_sign_of_life(http: httpx.Client, kind: str, client: Client) -> None:
    everybody_works()
    ProcessSign.objects.filter(kind=kind).update(seen_at=timezone.now() - timedelta(seconds=61))
    answer = http.get("/status/ready")
    assert answer.status_code == 200  # what comes is kept, and waits for them
    others = {"worker": "beat", "beat": "workers"}
    expected = {"status": "warning", {"worker": "workers", "beat": "beat"}[kind]: "unavailable", others[kind]: "ok"}
    assert expected.items() <= answer.json().items()
    client.force_login(User.objects.create_superuser("operator", "operator@example.org"))
    page = client.get("/admin/accounts/processsign/").content.decode()
    assert f"No {kind} lives" in page
    assert sorted(re.findall(r'class="field-lives">(\w+)<', page)) == ["no", "yes"]


def test_readiness_warns_of_a_disk_that_is_nearly_full_and_stays_ready(http: httpx.Client, settings: Any) -> None:
    settings.WHARF_LOW_DISK_BYTES = 2**62
    answer = http.get("/status/ready")
    assert answer.status_code == 200  # or the only server would be taken away, and nobody could leave it
    assert (answer.json()["status"], answer.json()["storage"]) == ("warning", "ok")
    assert re.match(r"Nearly full: .* of .* are free\.", answer.json()["disk"])


class Gone:
    """A service of which nothing is left."""

    def __getattr__(self, name: str) -> Any:
        raise OSError("gone")


@pytest.mark.parametrize(
    ("broken", "service"),
    [
        ("config.health.connection", "database"),
        ("config.health.default_storage", "storage"),
    ],
)
def test_readiness_names_the_service_that_does_not_answer(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, broken: str, service: str
) -> None:
    def said() -> tuple[int, str]:
        answer = http.get("/status/ready")
        return answer.status_code, answer.json()[service]

    with monkeypatch.context() as patched:
        patched.setattr(broken, Gone())
        eventually(lambda: said() == (503, "unavailable"))  # of one that is asked too often an answer stands a while
    eventually(lambda: said() == (200, "ok"))


def test_readiness_of_a_broker_that_is_not_there(tmp_path: Path) -> None:
    """In a process of its own, whose broker is a port where nothing listens."""
    script = (
        "import django; django.setup()\nfrom django.test import Client\n"
        "print(Client(headers={'host': 'localhost'}).get('/status/ready').content.decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "config.settings", "WHARF_DATA_DIR": str(tmp_path)}
        | {"CELERY_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//"},
        cwd=CHECKOUT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1])["broker"] == "unavailable"


def test_every_answer_has_the_id_of_its_request(http: httpx.Client) -> None:
    first, second = (http.get("/status").headers["x-request-id"] for _ in range(2))
    assert first != second
    given = "a" * 32
    assert http.get("/status", headers={"X-Request-ID": given}).headers["x-request-id"] == given


def test_the_log_holds_no_token_no_query_and_no_content(
    exporter: Exporter, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="wharf"):
        exporter.send_file("blobs", file_item("diary of Ada.txt"), b"dear diary")
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"title": "dear diary"}})
        http.get("/oauth/authorize/?client_id=nobody&state=sesame&code=sesame")
        http.post("/oauth/refresh", data={"refresh_token": "sesame", "client_secret": "sesame"})
    lines = [record for record in caplog.records if record.name.startswith("wharf")]
    assert len(lines) >= 4
    written = json.dumps([vars(record) for record in caplog.records], default=str).lower()
    written = written.replace(str(CHECKOUT / "tests").lower(), "")
    for secret in (exporter.tokens["access_token"], exporter.client["client_secret"], "sesame", "diary"):
        assert secret.lower() not in written, secret
    assert not re.search(r"\bada\b", written)  # as a word: the id of a request may have the letters by chance


def test_a_failed_request_is_logged_without_its_address() -> None:
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "%s: %s", ("Error", "/auth/reset/x/sesame"), None
    )
    record.request = "<WSGIRequest: GET '/auth/reset/x/sesame'>"
    WithoutAddress().filter(record)
    assert "sesame" not in str(vars(record))
    assert record.getMessage() == "a request failed"


def test_readiness_writes_nothing(http: httpx.Client, settings: Any) -> None:
    """It is asked by anybody, as often as they like."""

    def written() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in Path(settings.WHARF_DATA_DIR).glob("[cb]*/**/*")}

    (Path(settings.WHARF_DATA_DIR) / "content").mkdir(exist_ok=True)
    before = written()
    assert {http.get("/status/ready").status_code for _ in range(20)} == {200}
    assert written() == before


def test_without_the_cache_the_server_is_ready_with_a_warning_and_people_log_in(
    http: httpx.Client, settings: Any
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    eventually(lambda: http.get("/status/ready").json()["cache"] == "unavailable")
    answer = http.get("/status/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "warning")
    page = http.get("/auth/login")
    wrong = {
        "username": "nobody",
        "password": "wrong",
        "csrfmiddlewaretoken": re.findall(r'token" value="(\w+)', page.text)[0],
    }
    assert http.post("/auth/login", data=wrong, headers={"Referer": str(http.base_url)}).status_code == 200
