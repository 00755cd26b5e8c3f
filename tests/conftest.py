"""What tests stand on: a real server on a real socket, accounts, and exporters that are allowed to send."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage

from importers.content.storage import stored_keys
from tests.support.exporter import Exporter, Person


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite's test database is a file, so that every thread of the server sees it, as in production."""
    database: Any = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(settings.WHARF_DATA_DIR / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords of tests guard nothing, and hashing them well takes longer than most tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> None:
    """Pages of tests name their stylesheet without a hash, which would need `collectstatic` first."""
    static_files: Any = settings.STORAGES["staticfiles"]
    static_files["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """No test is slowed down by what another one tried too often."""
    cache.clear()


@pytest.fixture(scope="session")
def server_address() -> Iterator[str]:
    """uvicorn with the application as it runs in production, in a thread of this process."""
    from config.asgi import application

    # With the protocol named, asyncio sends at once (TCP_NODELAY), as it does for a socket that it has made by itself;
    # else every answer waits 40 ms for the client's acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(
        application, http="config.protocol:HttpProtocol", access_log=False, log_level="critical", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def server(server_address: str, transactional_db: None) -> Iterator[str]:
    """The running server with an empty database and an empty storage."""
    _empty_storage()
    cache.clear()
    yield server_address
    _empty_storage()


def _empty_storage() -> None:
    for key in list(stored_keys(default_storage)):
        default_storage.delete(key)


@pytest.fixture
def ada(server: str) -> Person:
    """A person without a quota."""
    return Person.create("ada")


@pytest.fixture
def exporter(server: str, ada: Person) -> Iterator[Exporter]:
    """An exporter that may bring everything into Ada's account."""
    with Exporter(server, ada, "Cloud One") as exporter:
        yield exporter


@pytest.fixture
def http(server: str) -> Iterator[httpx.Client]:
    """A plain client of the server."""
    with httpx.Client(base_url=server, follow_redirects=False) as client:
        yield client


@pytest.fixture
def password() -> str:
    return secrets.token_urlsafe(16)
