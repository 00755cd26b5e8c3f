"""The audit trail as its commands show it."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import repeats, tasks


def events(*arguments: str) -> list[dict[str, Any]]:
    """What `manage.py audit` lists, when every minute that was counted in is over."""
    repeats.close(timezone.now() + timedelta(minutes=1))
    out = StringIO()
    call_command("audit", *arguments, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def kinds(*arguments: str) -> list[str]:
    return [event["kind"] for event in events(*arguments)]


def checkpoint() -> None:
    """As the worker does it every ten minutes."""
    tasks.make_checkpoint()


def verified(*arguments: str) -> dict[str, Any]:
    """What `manage.py verify_audit` reports; the exit code says the same as its list of faults."""
    out = StringIO()
    failed = False
    try:
        call_command("verify_audit", *arguments, "--json", stdout=out)
    except CommandError as error:
        failed = error.returncode == 1
    report: dict[str, Any] = json.loads(out.getvalue())
    assert failed == bool(report["faults"])
    return report
