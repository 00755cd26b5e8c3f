"""What tests stand on: a real server on a real socket, accounts, and exporters that are allowed to send."""

import gc
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache as cache_of
from inspect import unwrap
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import websockets.sync.client
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils.http import urlencode

from accounts import throttles
from config.readable import FORM_TYPE
from importers.content.storage import stored_keys
from importers.models.installation_id import own_folder
from importers.transfers import rejections
from tests.environment import WORKER
from tests.support import template_database
from tests.support.empty_database import is_emptied
from tests.support.exporter import Exporter, Person
from tests.support.leftovers import without_leftovers as without_leftovers
from tests.support.running_server import running
from tests.support.s3 import bucket as bucket
from tests.support.s3 import requests_of_s3 as requests_of_s3
from tests.support.s3 import s3_line as s3_line
from tests.support.s3 import s3_server as s3_server
from tests.support.static_files import StaticFilesFirst
from tests.support.waiting import PATIENCE, eventually

# On a busy machine anything takes ten times as long.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Returns two processes more than there are cores, since many tests wait for something."""
    return (os.cpu_count() or 1) + 2


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """All processes must call a test the same, though a long body may hold the time or random bytes."""
    return argname if isinstance(val, bytes) and len(val) > 20 else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Faults take minutes, and have a run of their own. The files that take longest come first, so that nobody waits
    for one of them in the end: moves of whole installations, then what they meet, then every page in a browser."""
    if not os.environ.get("FAULTS_SECONDS"):
        faults = [item for item in items if item.get_closest_marker("faults")]
        items[:] = [item for item in items if not item.get_closest_marker("faults")]
        config.hook.pytest_deselected(items=faults)
    items.sort(key=_begins_early, reverse=True)


def _begins_early(item: pytest.Item) -> tuple[bool, str]:
    whole = item.nodeid.startswith("tests/e2e/")
    return whole or item.nodeid.startswith("tests/pages/test_pages.py"), item.path.name if whole else ""


def pytest_collection_finish() -> None:
    """What has been loaded stays: nobody looks through it for what can be freed. In the rest, which is small, nobody
    looks as often as a program does that runs for months."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of this process's own. SQLite's is a file, so that every thread of the server sees it, as in
    production."""
    url = os.environ.get("DATABASE_URL", "")
    if connection.vendor == "sqlite":
        name = str(settings.WHARF_DATA_DIR / "test.sqlite3")
        template_database.copy_sqlite(Path(name))
    else:
        name = f"test_{settings.DATABASES['default']['NAME']}_{WORKER or 'alone'}"
        template_database.create_postgresql(url, name)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            connection.close_pool()  # type: ignore[attr-defined]
        template_database.drop_postgresql(url, name)


@contextmanager
def _own_rows(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        own_folder.cache_clear()  # a process has many databases here, one after the other
        own_folder()
        yield
        eventually(lambda: rejections.late_ones.is_empty)
        eventually(is_emptied)


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, empty again after the test. pytest-django's way would make each permission anew as well, which
    takes longer than most tests."""
    with _own_rows(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def shared_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of all tests of a file together, empty again after the last one."""
    with _own_rows(django_db_blocker):
        yield


@pytest.fixture(scope="session", autouse=True)
def emptied_in_one_way() -> None:
    """A test that says `django_db` and has a server as well would be emptied by Django, too: by statements that the
    audit trail refuses."""

    def empty(case: TransactionTestCase) -> None:
        eventually(is_emptied)

    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords of tests guard nothing, and hashing them well takes longer than most tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """Each client of httpx reads all certificates of the system anew, which takes longer than most requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx._transports.default, "create_ssl_context", cache_of(httpx.create_ssl_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_clients() -> Iterator[None]:
    """Clients give a server five or ten seconds, which it may need on a busy machine."""
    ways: list[Any] = [httpx.get, httpx.post, httpx.put, httpx.patch, httpx.delete, httpx.request, unwrap(httpx.stream)]
    with pytest.MonkeyPatch.context() as patch:
        for way in [*ways, vars(httpx.Client)["__init__"], vars(httpx.AsyncClient)["__init__"]]:
            patch.setitem(way.__kwdefaults__, "timeout", httpx.Timeout(PATIENCE))
        patch.setitem(vars(websockets.sync.client)["connect"].__kwdefaults__, "open_timeout", PATIENCE)
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> None:
    """Pages of tests name their stylesheet without a hash, which would need `collectstatic` first."""
    static_files: Any = settings.STORAGES["staticfiles"]
    static_files["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(scope="session", autouse=True)
def forms_as_browsers_send_them() -> None:
    """Django's test client would send forms as multipart/form-data, which no form here is."""
    post = Client.post

    def url_encoded(self: Client, path: str, data: Any = None, content_type: str = FORM_TYPE, **more: Any) -> Any:
        body = (
            urlencode(data or {}, doseq=True)
            if content_type == FORM_TYPE and not isinstance(data, bytes | str)
            else data
        )
        return post(self, path, body, content_type=content_type, **more)

    Client.post = url_encoded  # type: ignore[assignment, method-assign]


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """No test is slowed down by what another one tried too often."""
    cache.clear()
    throttles.shut.forget()


@pytest.fixture(scope="session")
def server_address() -> Iterator[str]:
    """uvicorn with the application as it runs in production, in a thread of this process."""
    from config.asgi import application

    with running(StaticFilesFirst(application)) as address:
        yield address


@pytest.fixture
def server(server_address: str, transactional_db: None) -> Iterator[str]:
    """The running server with an empty database and an empty storage."""
    _empty_storage()
    cache.clear()
    yield server_address
    _empty_storage()


def _empty_storage() -> None:
    if isinstance(default_storage, FileSystemStorage):
        shutil.rmtree(default_storage.base_location, ignore_errors=True)  # or each test would look into many folders
    for key in list(stored_keys(default_storage)):
        default_storage.delete(key)


@pytest.fixture(scope="module")
def shared_server(server_address: str, shared_db: None) -> Iterator[str]:
    """The running server, and what all tests of a file have put there together."""
    _empty_storage()
    yield server_address
    _empty_storage()


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
