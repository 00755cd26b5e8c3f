"""A data folder with one account in it that an exporter may send to; every server of the bench starts on a copy."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
NAME = "ada"
# What a shell may say about a real server. The bench measures the defaults: SQLite, files, and a folder as the broker;
# but on the empty database that OTHER_DATABASE names, if it does.
OTHER_DATABASE = "BENCH_DATABASE_URL"
NOT_FOR_A_BENCH = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "CELERY_BROKER_URL",
    "DATABASE_POOL",
    "DATABASE_URL",
    "DEBUG",
    "EMAIL_URL",
    "FORWARDED_ALLOW_IPS",
    "LOG_",
    "SECRET_KEY",
    "S3_",
    "AWS_",
    "UVICORN_",
    "WEB_CONCURRENCY",
    "WHARF_",
)


@dataclass(frozen=True)
class Account:
    """The person, and the token of one hour that an exporter holds for them."""

    name: str
    password: str
    token: str


def prepare(folder: Path) -> Account:
    """Makes the data folder: migrated, with static files for the pages, an account, an exporter and its token."""
    environment = environment_for(folder)
    password = secrets.token_urlsafe(16)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    _made(environment, "create_account", NAME, "--email", f"{NAME}@example.org", f"--password={password}")
    exporter = _made(environment, "create_exporter", "Bench", "--redirect-uri", "https://exporter.example/callback")
    token = _made(environment, "create_token", NAME, "--scope", "import", "--client", exporter["client_id"])
    return Account(NAME, password, token["access_token"])


def is_elsewhere() -> bool:
    """Whether the bench measures another database than the one in the data folder."""
    return bool(os.environ.get(OTHER_DATABASE))


def environment_for(folder: Path, port: int = 8000) -> dict[str, str]:
    """What a server or a command on this data folder runs with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_A_BENCH)}
    if url := os.environ.get(OTHER_DATABASE):
        kept["DATABASE_URL"] = url
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WHARF_DATA_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }


def _made(environment: dict[str, str], *arguments: str) -> Any:
    return json.loads(manage(environment, *arguments, "--json"))


def manage(environment: dict[str, str], *arguments: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
