"""Files that have an event several times, or a calendar for each: what there is in the end is sent, once."""

from pathlib import Path

import pytest

from tests.support.ics import events, found, ics

SERIES = ("SUMMARY:Choir", "DTSTART:20240305T090000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
MOVED = ("SUMMARY:Moved", "RECURRENCE-ID:20240312T090000Z", "DTSTART:20240312T150000Z")
CANCEL = "METHOD:CANCEL\n"


def sent(root: Path, *content: bytes) -> dict[str, list[str]]:
    """The titles that are sent, each with what its series leaves out."""
    said = events(found(root, b"".join(content)))
    assert len({event["title"] for event in said}) == len(said)
    return {
        event["title"]: [line for line in (event["recurrenceRule"] or {"stringList": []})["stringList"] if "EX" in line]
        for event in said
    }


LEFT_OUT = ["EXDATE:20240312T090000Z"]


def test_an_occurrence_that_stands_in_a_calendar_of_its_own_is_left_out_of_its_series(tmp_path: Path) -> None:
    assert sent(tmp_path, ics(*SERIES), ics(*MOVED)) == {"Choir": LEFT_OUT, "Moved": []}
    assert sent(tmp_path, ics(*MOVED), ics(*SERIES)) == {"Choir": LEFT_OUT, "Moved": []}
    assert sent(tmp_path, ics(*SERIES), ics(*MOVED, head=CANCEL)) == {"Choir": LEFT_OUT}


@pytest.mark.parametrize(
    "off",
    [
        ics("SUMMARY:Choir", "DTSTART:20240305T090000Z", head=CANCEL),
        ics("SUMMARY:Choir", "DTSTART:20240305T090000Z", "STATUS:CANCELLED"),
        ics("SUMMARY:Choir", "DTSTART:20240305T090000Z", "STATUS:Canceled", "SEQUENCE:2"),
    ],
)
def test_a_state_that_calls_off_an_event_is_the_last_one(tmp_path: Path, off: bytes) -> None:
    folder = found(tmp_path, ics(*SERIES) + off)
    assert events(folder) == []
    assert any("1 event is called off" in note for note in folder.notes)


def test_a_series_that_was_called_off_before_it_was_changed_takes_place(tmp_path: Path) -> None:
    again = ics(*SERIES, "SEQUENCE:3")
    assert sent(tmp_path, again, ics("DTSTART:20240305T090000Z", "SEQUENCE:2", head=CANCEL)) == {"Choir": []}


def test_a_series_that_is_called_off_takes_its_occurrences_with_it(tmp_path: Path) -> None:
    assert sent(tmp_path, ics(*SERIES), ics(*MOVED), ics(*SERIES[:2], "SEQUENCE:1", head=CANCEL)) == {}


def test_of_several_states_the_last_one_is_sent_and_it_is_said(tmp_path: Path) -> None:
    later = ics("SUMMARY:Moved again", MOVED[1], "DTSTART:20240312T160000Z", "SEQUENCE:1")
    folder = found(tmp_path, ics(*SERIES) + later + ics(*MOVED))
    assert [event["title"] for event in events(folder)] == ["Choir", "Moved again"]
    assert any("1 event is an earlier state" in note for note in folder.notes)


def test_events_without_an_order_and_of_other_calendars_are_all_sent(tmp_path: Path) -> None:
    assert set(sent(tmp_path, ics(*SERIES), ics("SUMMARY:Other", "DTSTART:20240305T090000Z"))) == {"Choir", "Other"}
    named = ics(*MOVED, head=f"X-WR-CALNAME:Work\n{CANCEL}")
    assert sent(tmp_path, ics(*SERIES), named) == {"Choir": []}


@pytest.mark.parametrize("said", ["CANCELED", "cancelled"])
def test_an_occurrence_that_is_called_off_in_any_spelling_is_left_out(tmp_path: Path, said: str) -> None:
    assert sent(tmp_path, ics(*SERIES), ics(*MOVED, f"STATUS:{said}")) == {"Choir": LEFT_OUT}
