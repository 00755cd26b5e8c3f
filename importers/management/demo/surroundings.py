"""The environment that the demo runs in, and `manage.py`'s commands inside of it."""

import os
import sys
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import Error, connections

from importers.management.demo.failure import DemoFailed

CHECKOUT = Path(__file__).resolve().parents[3]
# A demo belongs into a folder of its own, whatever the shell says about a real server's database, bucket or mail.
NOT_FOR_A_DEMO = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "CELERY_BROKER_URL",
    "DATABASE_URL",
    "DEBUG",
    "EMAIL_URL",
    "S3_BUCKET",
    "SECRET_KEY",
    "WHARF_BASE_URL",
    "WHARF_MOVE_URL",
)


def begin_again_if_not_ours() -> None:
    """Starts this very program again without what is not for a demo, since the settings are read by now.

    Does not return then. `make demo` gives a data folder; without one it is `var/demo`.
    """
    if "WHARF_DATA_DIR" in os.environ and not any(name in os.environ for name in NOT_FOR_A_DEMO):
        return
    kept = {name: value for name, value in os.environ.items() if name not in NOT_FOR_A_DEMO}
    kept.setdefault("WHARF_DATA_DIR", str(CHECKOUT / "var" / "demo"))
    os.execve(sys.executable, [sys.executable, *sys.argv], kept)  # noqa: S606 - ourselves


def manage(name: str, *arguments: str) -> str:
    """Runs a command of `manage.py`, in this process because each start costs seconds; gives what it prints.

    Raises `DemoFailed` with what went wrong.
    """
    said = StringIO()
    try:
        call_command(name, *arguments, stdout=said, stderr=said)
    except (CommandError, Error) as error:
        raise DemoFailed(f"manage.py {name}: {error}") from error
    finally:
        connections.close_all()
    return said.getvalue()
