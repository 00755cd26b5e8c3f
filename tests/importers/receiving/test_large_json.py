"""JSON that would take many times its size in memory: counted before it is parsed, and few at once."""

import json
import logging
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import LazySettings

from importers.items import wire
from importers.models import Rejection
from importers.receiving import large_json
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.unknown.models import UnknownItem
from tests.support.exporter import Exporter, file_item

MIB = 1024 * 1024


def large(what: bytes) -> bytes:
    return b'{"@type":"Large","x":[%s]}' % what


# Made when they are sent: each is some MiB.
MANY: dict[str, Callable[[], bytes]] = {
    "objects": lambda: large(b",".join([b"{}"] * 250_000)),
    "arrays": lambda: large(b",".join([b"[]"] * 250_000)),
    "numbers": lambda: large(b",".join([b"0.1"] * 250_000)),
    "texts": lambda: large(b",".join([b'""'] * 250_000)),
    "names": lambda: b'{"@type":"Large",%s}' % b",".join(b'"%d":{}' % number for number in range(210_000)),
    "depth": lambda: b'{"@type":"Large","x":' + b"[" * 250_000,
    "commas": lambda: b"," * 10 * MIB,
    "payload": lambda: b'{"@type":"GenericPayload","payload":%s}' % MANY["objects"](),
}


# What reads the JSON doesn't ask where it goes.
@pytest.mark.parametrize(("name", "path"), [*((name, "calendar") for name in MANY), ("objects", "social-posts")])
def test_an_item_with_too_many_values_is_413_at_flat_memory(exporter: Exporter, name: str, path: str) -> None:
    body = MANY[name]()
    tracemalloc.start()
    try:
        answer = exporter.send(path, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert "200,000 values" in answer.json()["error_description"]
    assert peak < 12 * len(body)  # copies of its text, on both sides; parsed, it takes sixty times its size
    assert Rejection.objects.get().code == "payload_too_large"


def test_the_json_before_a_file_is_bounded_as_well(exporter: Exporter) -> None:
    answer = exporter.send_file("blobs", MANY["objects"](), b"file")
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "text", ['{}, {}, [], "a, b' * 200_000, '\\"{},' * 300_000, "[" * 3 * MIB, "\\" * MIB, "{" * MIB + "\u20ac"]
)
def test_what_stands_in_a_text_is_no_value(exporter: Exporter, text: str) -> None:
    answer = exporter.send("social-posts", {"@type": "Large", "text": text})
    assert answer.status_code == 201
    assert json.loads(UnknownItem.objects.get().payload)["text"] == text


def test_as_many_values_as_are_read_are_taken_and_one_more_is_not(exporter: Exporter, settings: LazySettings) -> None:
    settings.WHARF_JSON_MOST_VALUES = 12
    assert exporter.send("calendar", {"@type": "Large", "x": [1, 2, [], {}, "a,b", None, 3]}).status_code == 201
    assert exporter.send("calendar", {"@type": "Large", "x": [1, 2, [], {}, "a,b", None, 3, 4]}).status_code == 413
    assert exporter.send("calendar", {"@type": "Large", "x": [], **dict.fromkeys("abcdefgh")}).status_code == 201
    assert exporter.send("calendar", {"@type": "Large", "x": [], **dict.fromkeys("abcdefghi")}).status_code == 413


def test_a_calendar_of_a_thousand_events_is_an_item_like_any_other(exporter: Exporter) -> None:
    event = {
        "title": "Lunch, with [Grace]",
        "attendees": [{"email": f"{n}@example.org", "name": "N"} for n in range(30)],
    }
    answer = exporter.send("calendar", {"@type": "CalendarOfAll", "events": [event | {"id": n} for n in range(1000)]})
    assert answer.status_code == 201


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1E400", "1" * 5000, "9" * 400 + ".5"])
def test_a_number_beyond_every_column_leaves_it_empty_and_the_payload_whole(exporter: Exporter, number: str) -> None:
    body = (
        b'{"@type": "CalendarEventModel", "calendarId": "c", "title": "T",'
        b' "startDateTime": {"dateTime": %s}, "notes": %s}' % (number.encode(), number.encode())
    )
    assert exporter.send("calendar", body).status_code == 201
    event = CalendarEvent.objects.get()
    assert event.payload.encode() == body
    assert event.starts_at is None


def test_large_items_wait_for_one_another_and_small_ones_for_none(
    exporter: Exporter, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WHARF_LARGE_JSONS_AT_ONCE = 2
    at_once, most, lock = 0, 0, threading.Lock()

    def parse(text: bytes, **how: bool) -> Any:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.05)
        with lock:
            at_once -= 1
        return parse_item(text, **how)

    parse_item = wire.parse
    monkeypatch.setattr(large_json, "parse", parse)
    items = [{"@type": "Large", "id": number, "text": "x" * 100_000} for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda item: exporter.send("social-posts", item), items))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert most == 2
    most = 0
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: exporter.send("social-posts", item | {"text": "x"}), items))
    assert most > 2


@pytest.mark.alone
def test_a_large_item_that_finds_no_place_in_time_is_503_and_can_be_sent_again(
    exporter: Exporter, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WHARF_LARGE_JSONS_AT_ONCE, settings.WHARF_ANSWER_WITHIN = 1, 2
    item = file_item("a.bin") | {"more": "x" * 100_000}
    with large_json._places(1), caplog.at_level(logging.WARNING, logger="wharf.import"):
        began = time.monotonic()
        answer = exporter.send_file("blobs", item, b"file")
        took = time.monotonic() - began
    assert 0.9 < took < 2  # in time for its answer, with what has to be written down about it
    said = [one for one in caplog.records if one.name == "wharf.import"]
    assert [(one.levelno, one.exc_info) for one in said] == [(logging.WARNING, None)]
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "5"
    again = exporter.send_file("blobs", item, b"file")
    assert again.status_code == 201
