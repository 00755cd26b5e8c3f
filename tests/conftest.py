"""What tests stand on: a real server on a real socket, accounts, and exporters that are allowed to send."""

import os
import secrets
from collections.abc import Iterator
from functools import cache as cache_result
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client
from django.utils.http import urlencode

from accounts import throttles
from config.readable import FORM_TYPE
from importers.content.storage import stored_keys
from importers.transfers import rejections
from tests.environment import WORKER
from tests.support import template_database
from tests.support.exporter import Exporter, Person
from tests.support.running_server import running
from tests.support.s3 import bucket as bucket
from tests.support.s3 import s3_server as s3_server
from tests.support.waiting import eventually


def pytest_xdist_auto_num_workers() -> int:
    """Returns one process more than there are cores, since many tests wait for something."""
    return (os.cpu_count() or 1) + 1


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """All processes must call a test the same, though a long body may hold the time or random bytes."""
    return argname if isinstance(val, bytes) and len(val) > 20 else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that nobody waits for one of them in the end: moves of whole
    installations, then what they meet."""
    items.sort(key=lambda item: item.path.name if item.nodeid.startswith("tests/e2e/") else "", reverse=True)


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


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, empty again after the test. pytest-django's way would make each permission anew as well, which
    takes longer than most tests."""
    with django_db_blocker.unblock():
        yield
        eventually(lambda: rejections.late_ones.is_empty)
        _empty_database()


def _empty_database() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_filled_tables())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608  (from the models)


@cache_result
def _filled_tables() -> str:
    """A query for the names of tables that hold something which a test has put there."""
    made_once = {model._meta.db_table for model in (ContentType, Permission)}
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - made_once
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in sorted(tables)
    )


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords of tests guard nothing, and hashing them well takes longer than most tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


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
    with running() as address:
        yield address


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
