"""Secrets that others gave us, in the database."""

import subprocess
import sys

import pytest
from cryptography.fernet import InvalidToken
from django.conf import LazySettings
from django.db import connection

from accounts.secrets import decrypt, encrypt
from moves.models import ArchiveImport
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Person

LINK = "https://cozy.example/#/exports/SECRET"


def test_what_is_encrypted_is_read_again_and_never_the_same_twice() -> None:
    assert decrypt(encrypt("tokén")) == "tokén"
    assert encrypt("token") != encrypt("token")
    assert "token" not in encrypt("token")


def test_a_replaced_key_still_opens_what_it_closed(settings: LazySettings) -> None:
    closed, old = encrypt("token"), settings.SECRET_KEY
    settings.SECRET_KEY = "another key, which is as long as such a key has to be"
    with pytest.raises(InvalidToken):
        decrypt(closed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert decrypt(closed) == "token"
    settings.SECRET_KEY_FALLBACKS = []
    assert decrypt(encrypt("token")) == "token"


def test_keys_that_were_replaced_are_named_in_the_environment() -> None:
    show = "from django.conf import settings as s; print(s.SECRET_KEY, s.SECRET_KEY_FALLBACKS)"
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "$new",  # which is no variable
        "SECRET_KEY_FALLBACKS": "$old,older",
        "PATH": "/usr/bin",
    }
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "$new ['$old', 'older']"


@pytest.mark.django_db
def test_the_database_holds_no_link_in_the_clear_and_none_at_all_once_it_is_wiped() -> None:
    row = ArchiveImport.objects.create(owner=Person.create("ada").row, link=LINK)
    assert stored(row)
    assert "SECRET" not in stored(row)
    assert ArchiveImport.objects.get(pk=row.pk).link == LINK
    ArchiveImport.objects.filter(pk=row.pk).update(link="")
    assert stored(row) == ""
    assert ArchiveImport.objects.get(pk=row.pk).link == ""


def stored(row: ArchiveImport) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT link FROM moves_archiveimport WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]
