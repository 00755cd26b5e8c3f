"""New installations begin with squashed migrations; those that stand go on with the ones that they began with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from importers.models import Rereading
from tests.support import template_database
from tests.support.checkout import CHECKOUT
from tests.support.schema import schema_of

pytestmark = pytest.mark.services

# What jobs of the bin are about that were begun before they kept it for other languages than English. The last two are
# what records are called themselves.
THROWN = [
    "toutes les listes de tâches",
    "tout le contenu de la corbeille",
    "les photos (Drive, 3 octobre 2026)",
    "tout ce que Drive a envoyé le 3 octobre 2026",
    "tout ce que Drive a envoyé",
    "tout ce que Cloud a apporté",
    "les photos dans Trip",
    "le dossier /A and B",
    "le dossier /A and B et 2 fichiers",
    "2 dossiers et Poem",
    "12 photos",
    "all photos",
    "2 photos",
]


@pytest.fixture
def empty_database(django_db_setup: None, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, of the kind that the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite3'}"
    else:
        url, name = os.environ["DATABASE_URL"], f"{connection.settings_dict['NAME']}_standing"
        yield template_database.create_empty_postgresql(url, name)
        template_database.drop_postgresql(url, name)


def test_an_installation_that_stands_becomes_what_a_new_one_is(empty_database: str, transactional_db: None) -> None:
    upgraded = subprocess.run(
        [sys.executable, "-m", "tests.support.standing_installation"],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert upgraded.returncode == 0, upgraded.stderr
    found = json.loads(upgraded.stdout)
    assert found["schema"] == schema_of(connection)
    assert len(found["schema"]) > 500
    assert found["called_for"] == ["document", "rejection", "socialactivity"], "what stood then is read again"
    assert found["imports"] == [["incomplete", 3]]
    assert found["thrown"] == THROWN
    assert not Rereading.objects.exists(), "a new installation has nothing to be read again"
