"""Series on the pages of a calendar: on all of their days, in the zone of whoever looks."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import User
from audit import database_triggers
from importers import tasks
from importers.counting.triggers import PREFIX
from importers.verticals.calendar import expanding
from importers.verticals.calendar.models import CalendarEvent, CalendarYear, CutSeries, Occurrence
from tests.support import rows
from tests.support.bins import BinVisitor
from tests.support.calendar_pages import Add, adding_events, days
from tests.support.deleting import delete

THIS = datetime.now(UTC).year
PARIS = {"zone": "Europe/Paris"}


@pytest.fixture
def ada(client: Client, db: None) -> User:
    person = rows.everything("one")
    User.objects.filter(pk=person.pk).update(time_zone="Europe/Paris")
    client.force_login(person)
    return person


@pytest.fixture
def add(ada: User) -> Add:
    """Makes an event."""
    return adding_events(ada)


def month(client: Client, number: int, year: int = THIS) -> dict[str, list[str]]:
    return days(client, f"/things/calendar/month/?month={year}-{number:02}")


def test_series_stand_on_all_their_days(client: Client, add: Add) -> None:
    lines = f"RRULE:FREQ=DAILY;COUNT=5\nEXDATE;TZID=Europe/Paris:{THIS}0330T100000"
    add("Choir", f"{THIS}-03-28T10:00+01:00", f"{THIS}-03-28T11:00+01:00", recurrence=lines, **PARIS)
    add("Fair", f"{THIS}-03-03T00:00Z", f"{THIS}-03-05T00:00Z", recurrence="RRULE:FREQ=WEEKLY;COUNT=2", all_day=True)
    add("Once", f"{THIS}-03-10T12:00Z")
    before = month(client, 3)
    assert before["28 March"] == ["10:00 Choir"] and "29 March" not in before
    page = client.get(f"/things/calendar/month/?month={THIS}-03").content.decode()
    assert "until then they stand on their first day" in page
    tasks.work_off()
    assert month(client, 3) == {
        **{f"{day} March": ["Fair"] for day in (3, 4, 11)},
        "10 March": ["Fair", "13:00 Once"],
        **{f"{day} March": ["10:00 Choir"] for day in (28, 29, 31)},
        "1 April": ["10:00 Choir"],
    }
    User.objects.update(time_zone="Pacific/Auckland")
    assert month(client, 4)["1 April"] == ["21:00 Choir"]  # of which clocks are not set on that day
    assert "until then" not in client.get(f"/things/calendar/month/?month={THIS}-03").content.decode()


def test_an_event_that_stands_for_an_occurrence_is_there_instead(client: Client, add: Add) -> None:
    series = add("Choir", f"{THIS}-03-02T10:00+01:00", recurrence="RRULE:FREQ=DAILY;COUNT=3", **PARIS)
    add("Yoga", f"{THIS}-03-03T10:00+01:00", recurrence="RRULE:FREQ=DAILY;COUNT=1", **PARIS)
    named = f"RECURRENCE-ID;TZID=Europe/Paris:{THIS}0303T100000"
    moved = add("Choir", f"{THIS}-03-20T15:00+01:00", recurrence=named, **PARIS)
    tasks.work_off()
    assert month(client, 3) == {
        "2 March": ["10:00 Choir"],
        "3 March": ["10:00 Yoga"],
        "4 March": ["10:00 Choir"],
        "20 March": ["15:00 Choir"],
    }
    page = client.get(f"/things/calendar/events/{moved.doc_id}/").content.decode()
    assert f"that of a series, on 3 March {THIS}, 10:00 Europe/Paris" in page and "Again" not in page
    BinVisitor(client).throw(kind="calendarevent", id=moved.doc_id)
    assert month(client, 3)["3 March"] == ["10:00 Choir", "10:00 Yoga"]
    assert month(client, 3)["2 March"] == ["10:00 Choir"] and series.pk


def test_only_what_comes_again_has_the_sign_of_a_series(client: Client, add: Add) -> None:
    add("Choir", f"{THIS}-03-02T10:00+01:00", recurrence="RRULE:FREQ=DAILY;COUNT=1", **PARIS)
    add("Moved", f"{THIS}-03-20T15:00+01:00", recurrence=f"RECURRENCE-ID:{THIS}0303T090000Z", **PARIS)
    address = f"/things/calendar/month/?month={THIS}-03"
    for _ in range(2):
        entries = re.findall(r'<a class="entry name".*?</a>', client.get(address).content.decode())
        assert ["↻" in entry for entry in entries] == [True, False]
        tasks.work_off()


def test_what_comes_too_often_is_cut_and_the_page_says_so(client: Client, add: Add) -> None:
    often = add("Tick", "1999-05-01T10:00Z", recurrence="RRULE:FREQ=MINUTELY")
    never = add("Stuck", f"{THIS}-01-01T10:00Z", recurrence="RRULE:FREQ=SECONDLY;COUNT=999999999;BYMONTH=13")
    long = add("Long", "1950-01-01T10:00Z", recurrence="RRULE:FREQ=SECONDLY;COUNT=999999999")
    add("Choir", f"{THIS}-01-01T10:00Z", recurrence="RRULE:FREQ=DAILY;COUNT=2")
    while expanding.due().exists():  # whoever has taken long leaves the others to the next run
        tasks.work_off()
    assert Occurrence.objects.filter(event=often).count() == 5 * 1_000
    assert Occurrence.objects.filter(event=never).count() == 1  # no rule, so it takes place once
    assert set(CutSeries.objects.values_list("event__title", flat=True)) == {"Tick", "Long"}
    page = client.get(f"/things/calendar/month/?month={THIS}-01").content.decode()
    assert "Not on all of their days" in page
    pages = [client.get(f"/things/calendar/events/{one.doc_id}/").content.decode() for one in (often, long)]
    assert "Only the first 1,000 times of each year" in pages[0] and ">Next<" not in pages[0]
    assert "takes too long to work out" in pages[1]
    assert CalendarEvent.objects.filter(expanded=True).count() == 4


def test_another_year_is_expanded_when_somebody_looks_at_it(client: Client, add: Add) -> None:
    add("Birthday", "1990-06-05T00:00Z", "1990-06-06T00:00Z", all_day=True, recurrence="RRULE:FREQ=YEARLY")
    tasks.work_off()
    assert month(client, 6, THIS + 2) == {"5 June": ["Birthday"]}
    address = f"/things/calendar/week/?day={THIS + 30}-06-05"
    answer = client.get(address)
    assert "Birthday" not in answer.content.decode()
    assert "This page looks again by itself" in answer.content.decode() and answer["Refresh"]
    tasks.work_off()
    answer = client.get(address)
    assert "Birthday" in answer.content.decode() and "Refresh" not in answer
    for year in range(1900, 1922):
        client.get(f"/things/calendar/month/?month={year}-06")
    tasks.work_off()
    assert CalendarYear.objects.count() == 5 + 20
    assert Occurrence.objects.count() == 5


@pytest.mark.services
def test_years_come_and_go_with_time(client: Client, add: Add) -> None:
    add("Birthday", "1990-06-05T00:00Z", "1990-06-06T00:00Z", all_day=True, recurrence="RRULE:FREQ=YEARLY")
    tasks.work_off()
    CalendarYear.objects.filter(year=THIS + 2).update(year=THIS - 3)  # as a year ago
    Occurrence.objects.filter(starts_at__year=THIS + 2).update(starts_at=datetime(THIS - 3, 6, 5, tzinfo=UTC))
    tasks.work_off()
    assert set(CalendarYear.objects.values_list("year", flat=True)) == set(range(THIS - 2, THIS + 3))
    found = Occurrence.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [moment.year for moment in found] == list(range(THIS - 2, THIS + 3))


@pytest.mark.services
def test_series_that_change_or_go_take_their_occurrences_along(client: Client, ada: User, add: Add) -> None:
    series = add("Choir", f"{THIS}-03-02T10:00Z", recurrence="RRULE:FREQ=DAILY;COUNT=3")
    tasks.work_off()
    CalendarEvent.objects.filter(pk=series.pk).update(recurrence="RRULE:FREQ=DAILY;COUNT=2")
    assert list(month(client, 3)) == ["2 March"]
    tasks.work_off()
    assert list(month(client, 3)) == ["2 March", "3 March"]
    visitor = BinVisitor(client)
    visitor.throw(kind="calendarevent", id=series.doc_id)
    assert month(client, 3) == {}
    visitor.restore(kind="calendarevent", id=series.doc_id)
    assert list(month(client, 3)) == ["2 March", "3 March"]
    CalendarEvent.objects.filter(pk=series.pk).update(recurrence="")
    tasks.work_off()
    assert list(month(client, 3)) == ["2 March"]
    assert (Occurrence.objects.count(), CalendarEvent.objects.get().expanded) == (0, None)
    CalendarEvent.objects.filter(pk=series.pk).update(recurrence="RRULE:FREQ=DAILY;COUNT=2")
    tasks.work_off()
    visitor.throw(kind="calendarevent", id=series.doc_id)
    visitor.delete(kind="calendarevent", id=series.doc_id)
    assert not Occurrence.objects.exists()


@pytest.mark.services
def test_an_account_that_goes_takes_its_occurrences_along(client: Client, ada: User, add: Add) -> None:
    add("Tick", f"{THIS}-03-02T10:00Z", recurrence="RRULE:FREQ=HOURLY")
    tasks.work_off()
    assert CutSeries.objects.exists() and CalendarYear.objects.exists()
    delete(ada)
    assert not any(model.objects.exists() for model in (Occurrence, CutSeries, CalendarYear))


def test_lists_and_pages_say_when_a_series_comes_next(client: Client, add: Add) -> None:
    tomorrow = datetime.now(UTC).replace(hour=12, minute=0, second=0) + timedelta(days=1)
    starts = tomorrow - timedelta(days=70)
    series = add("Choir", starts.isoformat(), recurrence="RRULE:FREQ=WEEKLY")
    tasks.work_off()
    said = f"{tomorrow.day} {tomorrow:%B %Y}, 12:00 UTC"
    assert f"next {said}" in client.get("/things/calendar/events/").content.decode()
    page = client.get(f"/things/calendar/events/{series.doc_id}/").content.decode()
    assert ">Next<" in page and said in page and page.count("12:00 UTC") >= 5


@pytest.mark.services
def test_series_that_stood_before_there_were_occurrences_get_them(transactional_db: None) -> None:
    person = rows.everything("one")
    for name, table in database_triggers.installed(connection, PREFIX).items():
        if "_calendarevent_mark" in name:
            database_triggers.drop(connection, name, table)
    add = adding_events(person)
    add("Choir", f"{THIS}-03-02T10:00Z", recurrence="RRULE:FREQ=DAILY;COUNT=3")  # nobody marks it
    add("Once", f"{THIS}-03-02T10:00Z")
    call_command("migrate", verbosity=0)
    tasks.work_off()
    assert Occurrence.objects.count() == 3
