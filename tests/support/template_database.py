"""Databases with everything migrated and nothing in them, as copies of one that is kept: to run all migrations takes
longer than most tests.

The kept one is named by what it was made of (migrations, the triggers that come after them, and what is
installed), so it is made anew where these change.
SQLite's stands in pytest's cache folder, PostgreSQL's on its server.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests.support.checkout import CHECKOUT
from tests.support.kept import alone, digest, kept


def copy_sqlite(to: Path) -> None:
    """Writes an SQLite database to a new file."""
    shutil.copyfile(_sqlite_template(), to)


def create_postgresql(url: str, name: str) -> None:
    """Creates a database of this name, in place of one that may be there, on the server of `url`."""
    with alone(), _server(url) as server:
        template = _postgresql_template(server, url)
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        _answer_before_the_disk(server, name)


def create_empty_postgresql(url: str, name: str) -> str:
    """Creates a database with nothing in it, not even tables. Returns its address."""
    with _server(url) as server:
        _create_empty(server, name)
    return _at(url, name)


def drop_postgresql(url: str, name: str) -> None:
    """Removes it, whoever is still connected."""
    with _server(url) as server:
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _sqlite_template() -> Path:
    def make(fresh: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _migrate(f"sqlite:///{fresh}", folder)

    return kept("sqlite", _made_of(), make)


def _server(url: str) -> closing[psycopg.Connection]:
    return closing(psycopg.connect(_at(url, "postgres"), autocommit=True))


def _postgresql_template(server: psycopg.Connection, url: str) -> str:
    of_this_project = f"template_{_name(url)}_"
    template = of_this_project + digest(_made_of())
    names = [name for (name,) in server.execute("SELECT datname FROM pg_database")]
    if template not in names:
        for outdated in (name for name in names if re.fullmatch(f"{of_this_project}[0-9a-f]{{16}}(_fresh)?", name)):
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(outdated)))
        fresh = f"{template}_fresh"
        _create_empty(server, fresh)
        with tempfile.TemporaryDirectory() as folder:
            _migrate(_at(url, fresh), folder)
        server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(fresh), Identifier(template)))
    return template


def _create_empty(server: psycopg.Connection, name: str) -> None:
    server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    _answer_before_the_disk(server, name)


def _answer_before_the_disk(server: psycopg.Connection, name: str) -> None:
    """Commits don't wait for the disk there: what that would protect is lost only when PostgreSQL itself, or the
    machine, goes down, which no test brings about. Whatever dies here among our processes, what was committed stays."""
    server.execute(SQL("ALTER DATABASE {} SET synchronous_commit = off").format(Identifier(name)))


def _migrate(url: str, data_folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": url, "WHARF_DATA_DIR": data_folder},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


def _made_of() -> list[Path]:
    searched = [*CHECKOUT.glob("importers/search/*.py"), *CHECKOUT.glob("importers/verticals/*/*documents.py")]
    triggers = [*CHECKOUT.glob("importers/counting/*.py"), *searched, CHECKOUT / "audit/append_only.py"]
    makes = [*CHECKOUT.glob("*/migrations/*.py"), CHECKOUT / "accounts/new_tables.py", *triggers]
    return [CHECKOUT / "requirements.txt", *makes]


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
