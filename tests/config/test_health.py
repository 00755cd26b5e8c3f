"""Is the server there, can it work, and what does it write in its log?"""

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.log import WithoutAddress
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, file_item

pytestmark = pytest.mark.services


def test_status_answers_200_in_json(http: httpx.Client) -> None:
    answer = http.get("/status")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["status"] == "OK"


def test_readiness_asks_database_storage_and_broker(http: httpx.Client) -> None:
    assert http.get("/status/ready").json() == {"status": "OK", "database": "ok", "storage": "ok", "broker": "ok"}


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
    with monkeypatch.context() as patched:
        patched.setattr(broken, Gone())
        answer = http.get("/status/ready")
    assert answer.status_code == 503
    assert answer.json()[service] == "unavailable"


def test_readiness_of_a_broker_that_is_not_there(tmp_path: Path) -> None:
    """In a process of its own, whose broker is a port where nothing listens."""
    script = "import django; django.setup()\nfrom config.health import ready\nprint(ready(None).content.decode())"
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
