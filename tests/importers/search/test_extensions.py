"""PostgreSQL without the extensions that searching wants: the server runs, finds, and says what an operator types."""

from io import StringIO

import pytest
from django.apps import apps
from django.db import connection

from config.set_up import services
from importers.search import installing
from tests.importers.search.conftest import Write
from tests.support.searching import Searcher

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no extensions to be made"),
]


def migrated() -> str:
    """What `manage.py migrate` says of searching."""
    out = StringIO()
    installing.after_migrations(apps.get_app_config("importers"), "default", stdout=out)
    return out.getvalue()


def test_a_role_that_may_not_make_extensions_is_no_obstacle(searcher: Searcher, write: Write) -> None:
    write("A red lighthouse"), write("我爱北京天安门")
    assert migrated() == ""
    with connection.cursor() as cursor:  # what a test does is undone at its end, roles included
        cursor.execute("DROP EXTENSION pg_trgm CASCADE; DROP EXTENSION btree_gin CASCADE")
        cursor.execute("CREATE ROLE who_may_not; GRANT ALL ON ALL TABLES IN SCHEMA public TO who_may_not")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO who_may_not; SET LOCAL ROLE who_may_not")
    said = migrated()
    assert "psql -d" in said
    assert "CREATE EXTENSION IF NOT EXISTS btree_gin; CREATE EXTENSION IF NOT EXISTS pg_trgm;" in said
    (finding,) = (one for one in services.database() if one.check == "search")
    assert finding.ok is None and finding.advice in said
    assert searcher.found("lighthouse") == {"socialactivity": ["A red [lighthouse]"]}
    assert searcher.found("北京") == {"socialactivity": ["我爱[北京]天安门"]}
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert migrated() == "", "an operator who may has migrated"
    assert searcher.found("lighthouse")


def test_an_index_of_another_version_is_made_anew(searcher: Searcher, write: Write) -> None:
    write("A red lighthouse")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX {installing.TRIGRAMS} RENAME TO {installing.ANY_TRIGRAMS}")
        assert migrated() == ""
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE %s", [f"{installing.ANY_TRIGRAMS}%"])
        assert cursor.fetchall() == [(installing.TRIGRAMS,)]
    assert searcher.found("lighthouse")
