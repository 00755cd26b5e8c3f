"""What every process costs when it starts, which people wait for, and pay for in memory, five times."""

import json
import os
import subprocess
import sys

from tests.support.checkout import CHECKOUT

# What only some processes need, or only on some databases and storages.
NEEDED_BY_SOME = (
    *("boto3", "psycopg", "icalendar", "rest_framework.serializers", "oauth2_provider.views", "requests"),
    *("accounts.admin", "importers.admin", "moves.admin"),
)
START = """
import gc, json, sys
from config.celery import app
app.loader.import_default_modules()  # as `celery worker` does
print(json.dumps({"collects": gc.isenabled(), "frozen": gc.get_freeze_count(), "loaded": sorted(sys.modules)}))
"""


def test_a_worker_loads_what_it_needs_and_collects_garbage_when_it_has() -> None:
    started = subprocess.run(
        [sys.executable, "-c", START],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "S3_BUCKET")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert started.returncode == 0, started.stderr
    state = json.loads(started.stdout)
    assert "moves.tasks" in state["loaded"]
    assert [name for name in NEEDED_BY_SOME if name in state["loaded"]] == []
    assert state["collects"]
    assert state["frozen"] > 100_000


def test_a_command_loads_no_client_of_http_and_no_page_of_operators() -> None:
    start = "import django, json, sys; django.setup(); print(json.dumps(sorted(sys.modules)))"
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "S3_BUCKET")}
    started = subprocess.run(
        [sys.executable, "-c", start], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert started.returncode == 0, started.stderr
    loaded = json.loads(started.stdout)
    assert "moves.apps" in loaded
    assert [name for name in (*NEEDED_BY_SOME, "httpx", "httpcore", "moves.moving.steps") if name in loaded] == []


def test_the_application_is_there_for_a_server_that_has_imported_nothing_before() -> None:
    """Django is set up by it: whatever it imports before that must need nothing of Django."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", "import config.protocol, config.asgi; print(config.asgi.application)"]
    started = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120)
    assert "Router" in started.stdout, started.stderr
