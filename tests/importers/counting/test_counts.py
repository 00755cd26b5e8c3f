"""How many records of each kind a person has is right whatever happens to them, and whoever changes them."""

from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from accounts.models import User
from audit import database_triggers
from importers.counting import installing
from importers.counting.counted import CountedModel, counted_models
from importers.counting.triggers import PREFIX
from importers.models import RecordCount
from importers.verticals.blobs.models import File, FileVersion
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, Photo
from tests.support import rows
from tests.support.deleting import delete
from tests.support.exporter import Exporter, Person
from tests.support.samples import send_all
from tests.verticals.social_posts import samples as posts

pytestmark = pytest.mark.services

KINDS = [pytest.param(counted, id=counted.kind) for counted in counted_models()]


def counts(person: User, kind: str) -> tuple[int, int, int, int]:
    row = RecordCount.objects.filter(owner=person, kind=kind).first()
    return (row.records, row.bytes, row.in_bin, row.bin_bytes) if row else (0, 0, 0, 0)


def verified() -> str:
    """What `verify_storage` says of counts; empty if they are right."""
    out = StringIO()
    with suppress(CommandError):
        call_command("verify_storage", "--sizes", stdout=out)
    return "\n".join(line for line in out.getvalue().splitlines() if "are counted" in line or "does not count" in line)


def are_right(person: User) -> bool:
    return all(counts(person, one.kind) == installing.count_of(connection, one, person.pk) for one in counted_models())


@pytest.mark.parametrize("counted", KINDS)
def test_rows_of_every_kind_are_counted_as_they_come_and_go(db: None, counted: CountedModel) -> None:
    person, other = rows.everything("one"), rows.everything("two")
    model: Any = counted.model
    mine = model._default_manager.filter(owner=person)
    before = counts(other, counted.kind)
    assert are_right(person)
    if counted.has_bin:
        mine.update(trashed_at="2026-01-01T00:00Z")
        assert counts(person, counted.kind)[:2] == (0, 0)
        assert are_right(person)
        mine.update(trashed_at=None)
        assert are_right(person)
    mine.all().delete()
    assert counts(person, counted.kind) == (0, 0, 0, 0)
    assert counts(other, counted.kind) == before == (1, before[1], 0, 0) or before == (0, 0, 0, 0)


def test_what_only_others_named_counts_once_it_comes(db: None) -> None:
    person = rows.everything("one")
    Album.objects.update(arrived_at=None)
    assert counts(person, "album") == (0, 0, 0, 0)
    Album.objects.update(arrived_at="2026-01-01T00:00Z")
    assert counts(person, "album")[0] == 1
    assert are_right(person)


def test_another_file_of_a_record_counts_instead(db: None) -> None:
    person = rows.everything("one")
    File.objects.update(content=rows.content("larger", 50_000))
    assert counts(person, "file") == (1, 50_000, 0, 0)
    Photo.objects.update(trashed_at="2026-01-01T00:00Z")
    assert counts(person, "photo") == (0, 0, 1, 1234)
    assert counts(person, "fileversion")[:1] == (FileVersion.objects.count(),)


def test_what_is_undone_is_not_counted(db: None) -> None:
    person = rows.everything("one")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        CalendarEvent.objects.all().delete()
        raise ZeroDivisionError
    assert counts(person, "calendarevent")[0] == 1


def test_a_row_that_is_not_made_is_not_counted(db: None) -> None:
    person = rows.everything("one")
    event = CalendarEvent.objects.get()
    event.pk = None
    CalendarEvent.objects.bulk_create([event, event], ignore_conflicts=True)
    assert counts(person, "calendarevent")[0] == 1
    assert are_right(person)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts row by row, in place")
def test_a_thousand_new_rows_change_their_count_a_few_times(exporter: Exporter) -> None:
    """Each change leaves a version there, which all later ones in the transaction read past."""
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "first"}})
    with transaction.atomic(), connection.cursor() as cursor:
        posts.many(exporter.person, 1_000, "more")
        cursor.execute(
            "SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = %s", [RecordCount._meta.db_table]
        )
        assert 0 < cursor.fetchone()[0] < 10
    assert are_right(exporter.person.row)


def test_items_that_come_are_counted(exporter: Exporter) -> None:
    send_all(exporter)
    send_all(exporter)  # once more: nothing new
    person = exporter.person.row
    assert counts(person, "photo")[0] == Photo.objects.count() > 0
    assert counts(person, "calendar")[0] == Calendar.objects.exclude(arrived_at=None).count() > 0
    assert are_right(person)


def test_an_account_that_goes_takes_its_counts_along(db: None) -> None:
    delete(rows.everything("one"))
    assert not RecordCount.objects.exists()


def test_verification_finds_and_mends_counts(exporter: Exporter) -> None:
    send_all(exporter)
    assert verified() == ""
    RecordCount.objects.filter(kind="photo").update(records=999)
    assert "999 are counted" in verified()
    call_command("verify_storage", "--sizes", "--repair", stdout=StringIO())
    assert verified() == ""
    assert are_right(exporter.person.row)


def test_migrations_leave_the_triggers_and_right_counts(transactional_db: None) -> None:
    person = rows.everything("one")
    for name, table in database_triggers.installed(connection, PREFIX).items():
        if "_photo_" in name:
            database_triggers.drop(connection, name, table)
    Photo.objects.all().delete()  # nobody counts
    assert counts(person, "photo")[0] == 1
    call_command("migrate", verbosity=0)
    assert installing.lacking(connection) == []
    assert counts(person, "photo") == (0, 0, 0, 0)
    assert Person(person.username).row == person
