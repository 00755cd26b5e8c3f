"""What strangers can cause again and again does not fill the disk with lines of the log."""

import io
import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest

import config.log


@pytest.fixture
def written(settings: Any) -> Iterator[io.StringIO]:
    """What the server's log says, as its settings have it."""
    handler = next(one for one in logging.getLogger().handlers if "AtMost" in str([type(f) for f in one.filters]))
    stream = io.StringIO()
    before = cast("logging.StreamHandler[Any]", handler).setStream(stream)
    yield stream
    cast("logging.StreamHandler[Any]", handler).setStream(before)


def test_the_same_line_comes_so_often_and_says_later_how_often_it_would_have(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(1000):
        logging.getLogger("asyncio").critical("accept failed")
        logging.getLogger("wharf.places").critical("%s", "accept failed")
    assert len(written.getvalue().splitlines()) == 20
    monkeypatch.setattr(config.log, "MINUTE", 0.0)
    logging.getLogger("asyncio").critical("accept failed")
    assert "accept failed (and 990 times before)" in written.getvalue().splitlines()[-1]


def test_other_lines_come_all_the_same(written: io.StringIO) -> None:
    for number in range(50):
        logging.getLogger("wharf").critical("line %s", number)
    assert len(written.getvalue().splitlines()) == 50
