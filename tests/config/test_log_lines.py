"""What strangers can cause again and again does not fill the disk with lines of the log."""

import io
import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.db import OperationalError

from accounts.outage import Outage
from config.log import AtMostSoOften


@pytest.fixture
def written(settings: Any) -> Iterator[io.StringIO]:
    """What the server's log says, as its settings have it."""
    handler = next(one for one in logging.getLogger().handlers if "AtMost" in str([type(f) for f in one.filters]))
    stream = io.StringIO()
    before = cast("logging.StreamHandler[Any]", handler).setStream(stream)
    yield stream
    cast("logging.StreamHandler[Any]", handler).setStream(before)


def test_the_same_line_comes_so_often(written: io.StringIO) -> None:
    for _ in range(1000):
        logging.getLogger("asyncio").critical("accept failed")
        logging.getLogger("wharf.places").critical("%s", "accept failed")
    assert len(written.getvalue().splitlines()) == 20


def test_a_line_says_a_minute_later_how_often_it_would_have_come() -> None:
    now = 1_000.0
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(AtMostSoOften(10, clock=lambda: now))
    for seconds in (0.0, 59.0, 2.0):
        now += seconds
        for _ in range(500):
            handler.handle(logging.LogRecord("asyncio", logging.ERROR, "", 0, "accept failed", (), None))
    lines = stream.getvalue().splitlines()
    assert lines == 10 * ["accept failed"] + ["accept failed (and 990 times before)"] + 9 * ["accept failed"]


def test_other_lines_come_all_the_same(written: io.StringIO) -> None:
    for number in range(50):
        logging.getLogger("wharf").critical("line %s", number)
    assert len(written.getvalue().splitlines()) == 50


def test_one_line_that_tells_of_two_faults_tells_of_each(written: io.StringIO) -> None:
    def fail(by: str) -> None:
        if by == "a":
            raise KeyError(by)
        raise KeyError(by)

    for by in "ab" * 30:
        try:
            fail(by)
        except KeyError:
            logging.getLogger("django.request").exception("a request failed")
    assert [written.getvalue().count(f"KeyError: '{by}'") for by in "ab"] == [10, 10]


def test_what_fails_for_a_while_is_one_calm_line_when_it_begins_and_one_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING", "wharf.jobs")
    outage = Outage(logging.getLogger("wharf.jobs"), "a run's sign of life")
    for _ in range(2):
        for _ in range(20):
            outage.failed(OperationalError("database is locked"))
        outage.over()
        outage.over()
    assert [line.message.partition(", after")[0] for line in caplog.records] == 2 * [
        "a run's sign of life: not possible for now, and tried again: OperationalError: database is locked",
        "a run's sign of life: possible again",
    ]
    assert not any(line.exc_info for line in caplog.records)
