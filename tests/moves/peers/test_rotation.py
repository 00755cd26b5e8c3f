"""`manage.py rotate_secrets`: a key that was replaced can be thrown away after it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from moves.models import ArchiveImport
from moves.peers import rotation
from tests.support.exporter import Person
from tests.support.trail import events

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NEW = "another key, which is as long as such a key has to be"


def rotate() -> dict[str, Any]:
    said = StringIO()
    call_command("rotate_secrets", "--json", stdout=said)
    return json.loads(said.getvalue())


@pytest.fixture
def imports(settings: LazySettings) -> list[ArchiveImport]:
    """Three with links that the replaced key has closed, and one without."""
    links = ["https://a.example/1", "https://a.example/2", "https://a.example/3", ""]
    owners = [Person.create(name).row for name in ("ada", "eve", "grace", "joan")]
    rows = [ArchiveImport.objects.create(owner=owner, link=link) for owner, link in zip(owners, links, strict=True)]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW
    return rows


def test_afterwards_the_old_key_is_not_needed_any_more(imports: list[ArchiveImport], settings: LazySettings) -> None:
    assert rotate() == {"read": 3, "rotated": 3, "unreadable": []}
    settings.SECRET_KEY_FALLBACKS = []
    links = list(ArchiveImport.objects.order_by("pk").values_list("link", flat=True))
    assert links == ["https://a.example/1", "https://a.example/2", "https://a.example/3", ""]


def test_it_goes_on_where_it_was_stopped(imports: list[ArchiveImport]) -> None:
    stopped = rotation.rotate()
    assert next(stopped).changed
    stopped.close()
    assert rotate() == {"read": 3, "rotated": 2, "unreadable": []}
    assert rotate() == {"read": 3, "rotated": 0, "unreadable": []}


def test_what_no_key_opens_is_named_and_left_as_it_is(imports: list[ArchiveImport], settings: LazySettings) -> None:
    former, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY_FALLBACKS, []
    said = StringIO()
    with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("rotate_secrets", stdout=said)
    assert said.getvalue().count("UNREADABLE: ") == 3
    settings.SECRET_KEY_FALLBACKS = former
    assert rotate()["rotated"] == 3


@pytest.mark.usefixtures("transactional_db")
def test_the_trail_says_that_secrets_were_rotated(imports: list[ArchiveImport]) -> None:
    rotate()
    rotate()
    (told,) = events("--subject", "server", "--kind", "staff-acted")
    assert told["what"]["secrets"] == 3
