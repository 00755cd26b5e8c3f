"""Ranges of bytes: RFC 9110, section 14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.content.ranges import Span, Unsatisfiable, requested_span

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=500-", 500, 1000),
        ("bytes=-500", 500, 1000),
        ("bytes=-2000", 0, 1000),
        ("bytes=0-0", 0, 1),
        ("bytes=999-", 999, 1000),
        ("bytes=10-99999999999999999999", 10, 1000),
        ("BYTES=0-4", 0, 5),
        ("bytes= 0-4 ,", 0, 5),
        (" bytes=0-4 ", 0, 5),
    ],
)
def test_one_range_is_given(header: str, start: int, stop: int) -> None:
    span = requested_span(header, None, ETAG, 1000)
    assert span == Span(start, stop, 1000)
    assert span is not None
    assert span.content_range == f"bytes {start}-{stop - 1}/1000"
    assert len(span) == stop - start


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2-3", "bytes=+1-2", "bytes=0x1-2",
        "bytes=0-1,5-6", "bytes=0 - 1", "items=0-1", "bytes=\u0661-\u0662", "bytes=" + "9" * 10_000 + "-",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_ignored(header: str | None) -> None:
    assert requested_span(header, None, ETAG, 1000) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999-"])
def test_a_range_outside_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable) as outside:
        requested_span(header, None, ETAG, 1000)
    assert outside.value.content_range == "bytes */1000"


def test_of_nothing_no_range_can_be_given() -> None:
    for header in ("bytes=0-", "bytes=0-0"):
        with pytest.raises(Unsatisfiable):
            requested_span(header, None, ETAG, 0)
    assert requested_span("bytes=-1", None, ETAG, 0) is None


@pytest.mark.parametrize(
    ("if_range", "whole"),
    [(ETAG, False), ('"other"', True), ('W/"abc"', True), ("Sat, 29 Oct 1994 19:43:31 GMT", True), ("", True)],
)
def test_if_range_must_name_the_same_bytes(if_range: str, whole: bool) -> None:
    assert (requested_span("bytes=0-1", if_range, ETAG, 10) is None) is whole
    assert (requested_span("bytes=99-", if_range, ETAG, 10) is None) if whole else True


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,6}-\d{0,6}", fullmatch=True), st.integers(0, 100_000))
def test_whatever_is_asked_for_lies_within(header: str, size: int) -> None:
    try:
        span = requested_span(header, None, ETAG, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size
