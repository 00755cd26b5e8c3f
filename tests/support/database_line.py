"""The line between the server and its PostgreSQL, in a test's hand."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.db import connection

from tests.support.fault_proxy import FaultProxy


@pytest.fixture
def database_line(server: str) -> Iterator[FaultProxy]:
    """Where the running server's connections go from now on."""
    database: Any = connection
    if database.vendor != "postgresql":
        pytest.skip("SQLite has no line")
    there = database.settings_dict
    kept = {name: there[name] for name in ("HOST", "PORT")}
    with FaultProxy(kept["HOST"] or "127.0.0.1", int(kept["PORT"] or 5432)) as line:
        database.close()
        database.close_pool()
        there |= {"HOST": line.host, "PORT": str(line.port)}
        try:
            yield line
        finally:
            line.cut()
            database.close()
            cast(Any, database).close_pool()
            there |= kept
