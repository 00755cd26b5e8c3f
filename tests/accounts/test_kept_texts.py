"""Sentences that are written down in English, and read in the reader's language."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from time import process_time

import pytest
from django.utils import translation

from accounts import dates, numbers, sizes, texts
from accounts.texts import kept_plural, kept_text, translated

NO_ZONE = "There is no time zone of this name."


@pytest.fixture(autouse=True)
def known() -> None:
    kept_text(NO_ZONE)
    kept_text("Refused: %(why)s", sentences=("why",))
    kept_text("It has %(size)s, since %(day)s: %(name)s", measures=("size", "day"))
    texts._in.cache_clear()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (NO_ZONE, "Il n’y a pas de fuseau horaire de ce nom."),
        (f"Refused: {NO_ZONE}", "Refused: Il n’y a pas de fuseau horaire de ce nom."),
        ("Refused: 1.5 MB", "Refused: 1.5 MB"),
        (
            "It has 1.5 MB, since 1 November 2026, 11:04 CET: 2 kB",
            "It has 1,5\u00a0Mo, since 1er novembre 2026, 11:04 CET: 2 kB",
        ),
        ("It has 12,345, since 31 February 2026: x", "It has 12\u202f345, since 31 February 2026: x"),
        ("An operator wrote this.", "An operator wrote this."),
        ("", ""),
    ],
)
def test_a_sentence_is_read_in_french(written: str, read: str) -> None:
    assert translated(written) == written
    with translation.override("fr"):
        assert translated(written) == read


def test_a_sentence_that_counts_is_known_in_both_of_its_forms() -> None:
    one, many = kept_plural("%(size)s byte", "%(size)s bytes", by="size")
    with translation.override("fr"):
        assert translated(one % {"size": "1"}) == "1\u00a0octet"
        assert translated(many % {"size": "12,345"}) == "12\u202f345\u00a0octets"


def test_what_is_written_down_by_somebody_who_reads_french_is_english() -> None:
    with translation.override("fr"):
        assert sizes.human_size(1_500_000) == "1,5\u00a0Mo"
        with texts.in_english():
            assert sizes.human_size(1_500_000) == "1.5 MB"


def test_numbers_days_and_sizes_are_said_in_french() -> None:
    with translation.override("fr"):
        assert numbers.thousands(1_234_567) == "1\u202f234\u202f567"
        assert dates.month_words(date(2026, 8, 1)) == "août 2026"
        assert [sizes.human_size(size) for size in (0, 1, 999_999)] == ["0\u00a0octet", "1\u00a0octet", "1\u00a0Mo"]


@pytest.mark.parametrize("written", ["1,5 Go", "1.5 Go", "1,5\u00a0Go", "1500 Mo", "1.5GB"])
def test_sizes_are_read_as_the_french_write_them(written: str) -> None:
    with translation.override("fr"):
        assert sizes.parse_size(written) == 1_500_000_000


def test_a_comma_is_no_decimal_one_in_english() -> None:
    with pytest.raises(ValueError, match="is not a size"):
        sizes.parse_size("1,500 MB")


def test_many_threads_may_read_at_once_before_any_words_are_known() -> None:
    barrier = Barrier(8)
    called: list[int] = []

    def load() -> None:
        called.append(len(called))
        kept_text(f"Loaded late: %(why)s ({len(called)})", sentences=("why",))

    texts.loaders.extend([load] * 4)

    def read(number: int) -> str:
        barrier.wait()
        with translation.override("fr"):
            return translated(f"Loaded late: {NO_ZONE} ({number % 4 + 1})")

    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(read, range(8)))
    assert said == {f"Loaded late: Il n’y a pas de fuseau horaire de ce nom. ({number})" for number in range(1, 5)}
    assert (called, texts.loaders) == ([0, 1, 2, 3], [])


@pytest.mark.parametrize("filler", [", ", ": ", ". ", "; ", "a. A"])
def test_whatever_somebody_wrote_into_a_sentence_it_is_soon_read(filler: str) -> None:
    kept_text("%(a)s, %(b)s, %(c)s; %(d)s: %(e)s. %(f)s", sentences=("a", "b", "c", "d", "e", "f"))
    began = process_time()
    with translation.override("fr"):
        for number in range(20):
            translated((filler * 500)[: 990 - number])
    assert process_time() - began < 5
