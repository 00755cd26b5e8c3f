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


READS_ADDRESSES = """
import os, sys
from importlib import import_module
from django.core.exceptions import ImproperlyConfigured
for address in sys.argv[1:]:
    os.environ["WHARF_BASE_URL"] = address
    try:
        print(import_module("config.settings.place").base_address.hostname)
    except ImproperlyConfigured as refused:
        print(refused)
    sys.modules.pop("config.settings.place", None)
"""


def test_a_base_address_that_no_server_can_have_is_refused_in_a_sentence() -> None:
    taken = {"http://[::1]:8000": "::1", "http://bücher.example": "bücher.example", "http://a.example.": "a.example."}
    refused = [
        *("ftp://a.example", "//a.example", "https:", "https://a..b", "https://.a", f"https://{'x' * 64}.example"),
        *("http://[::1", "http://a.example:99999", "http://a.example:port", "http://a.example:0"),
    ]
    command = [sys.executable, "-c", READS_ADDRESSES, *taken, *refused]
    said = subprocess.run(command, cwd=CHECKOUT, env=os.environ, capture_output=True, text=True, timeout=120)
    assert said.stdout.splitlines() == [
        *taken.values(),
        *(f"WHARF_BASE_URL must be an http(s) address, not {address!r}." for address in refused),
    ], said.stderr
