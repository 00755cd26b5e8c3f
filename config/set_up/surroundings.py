"""Settings, folders, static files, processes and people: is everything there that the server stands on?"""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.core.checks import run_checks

from accounts import signs
from accounts.models import User
from accounts.sizes import human_size
from config.set_up.finding import SetUpFinding

CHOSEN = ("security.W005", "security.W021")  # subdomains and preloading of HSTS, which bind other servers


def what_is_set() -> Iterator[SetUpFinding]:
    """Django and this project find nothing wrong with the settings."""
    found = [one for one in run_checks(include_deployment_checks=settings.PRODUCTION) if one.id not in CHOSEN]
    for one in found:
        wrong = False if one.level >= CheckWarning("").level else None
        yield SetUpFinding("settings", wrong, f"{one.msg} ({one.id})", str(one.hint or ""))
    if not found:
        kind = "in production" if settings.PRODUCTION else "on a laptop: WHARF_BASE_URL is not https"
        yield SetUpFinding("settings", True, f"Nothing is wrong with the settings of a server {kind}.")


def folders() -> Iterator[SetUpFinding]:
    """The data folder is writable, for its owner alone, and has room."""
    folder = Path(settings.WHARF_DATA_DIR)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield SetUpFinding("data folder", False, f"Nothing can be written into {folder}.", "Give it to this user.")
        return
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield SetUpFinding("data folder", False, f"Everybody may look into {folder}.", f"chmod 0750 {folder}")
        return
    free = shutil.disk_usage(folder).free
    said = f"{folder} has {human_size(free)} free."
    yield SetUpFinding("data folder", free >= settings.WHARF_LOW_DISK_BYTES, said, "Items are refused when it is full.")


def static_files() -> Iterator[SetUpFinding]:
    """They were collected, as pages in production name them."""
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield SetUpFinding("static files", True, "Stylesheets and scripts are there.")
    else:
        said = f"Stylesheets and scripts are not in {settings.STATIC_ROOT}: every page fails."
        yield SetUpFinding("static files", False, said, "Run manage.py collectstatic --no-input, on each machine.")


def processes() -> Iterator[SetUpFinding]:
    """Workers and a beat live."""
    silent = signs.missing()
    for sentence in silent:
        yield SetUpFinding("processes", None, sentence, "Start it: see Processes in docs/operators.md.")
    if not silent:
        yield SetUpFinding("processes", True, "Workers for every queue, and a beat, live.")


def people() -> Iterator[SetUpFinding]:
    """Somebody may use the admin."""
    if User.objects.filter(is_staff=True, is_active=True).exists():
        yield SetUpFinding("operators", True, "Somebody may use the admin.")
    else:
        advice = "manage.py create_account NAME --email ADDRESS --staff"
        yield SetUpFinding("operators", None, "Nobody may use the admin yet.", advice)
