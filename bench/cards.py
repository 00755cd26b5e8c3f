"""An item of very many vCards: its answer, and its contacts, which workers make of it."""

import json
import time
from collections.abc import Iterator

from bench.bench import MIB, Bench, in_bytes, say
from bench.connection import RawConnection
from bench.installation import Installation
from bench.items import enveloped, import_head
from bench.table import BenchRow

ANSWER_WITHIN = 2.0  # seconds
RECORDS_WITHIN = 60.0
GIVE_UP = 600.0
SIZE_OF_CARD = 10 * MIB // 100_000  # bytes
EVERY = 0.1  # seconds


def measure(bench: Bench) -> Iterator[BenchRow]:
    """One item, on an installation with its workers."""
    number = bench.sizes.cards
    body = enveloped({"@type": "ContactsModelWrapper", "vCards": "".join(map(_card, range(number)))})
    request = import_head(bench.account.token, "contacts", "application/json", len(body)) + body
    say(f"cards: an item of {number:,} cards")
    with Installation(bench.new_folder("cards"), bench.template) as installation:
        with RawConnection(installation.port) as connection:
            began = time.perf_counter()
            connection.exchange(request, 201)
            answered = time.perf_counter() - began
        while (records := _records(installation)) < number and time.perf_counter() - began < GIVE_UP:
            time.sleep(EVERY)
        took = time.perf_counter() - began
    what = f"an item of {number:,} vCards ({in_bytes(len(body))})"
    yield BenchRow(f"{what}: its 201", f"{answered:.2f} s", f"within {ANSWER_WITHIN:g} s", answered <= ANSWER_WITHIN)
    yield BenchRow(
        f"{what}: its contacts are there",
        f"{took:.1f} s" if records >= number else f"{records:,} of them",
        f"within {RECORDS_WITHIN:g} s",
        records >= number and took <= RECORDS_WITHIN,
        f"{records / took:.0f} a second",
    )


def _card(number: int) -> str:
    """A card; in JSON, an item of 100,000 of them has 10 MiB."""
    begun = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{number:08d}\r\nFN:Ada {number}\r\nNOTE:"
    end = "\r\nEND:VCARD\r\n"
    left = SIZE_OF_CARD - len(json.dumps(begun + end)) + len('""')
    return f"{begun}{'x' * left}{end}"


def _records(installation: Installation) -> int:
    return int(installation.rows("SELECT count(*) FROM importers_contact")[0][0])
