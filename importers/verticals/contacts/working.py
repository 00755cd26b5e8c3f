"""The job that makes records of the cards of long items. It can be killed anywhere, and goes on from there.

A list of cards first becomes several that are short, then each of these becomes records: both in one transaction, which
takes the list away. Cards are read before it begins, so that its person's row is locked for as long as rows are
written.
"""

import logging
import secrets
import time

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from importers import statements
from importers.content import quota
from importers.digests import digest
from importers.errors import Refusal
from importers.items.arrival import IncomingItem
from importers.items.wire import parse
from importers.statements import StatementBatch
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.models import CardList, Contact
from importers.verticals.contacts.saving import TEXT, count, save_cards, written
from importers.verticals.contacts.splitting import bunches, has_many, split

log = logging.getLogger("wharf.contacts")

LISTS_AT_ONCE = 8  # lists that workers choose from, so that two of them seldom take the same


def waiting() -> QuerySet[CardList]:
    """Returns the lists that can be read. Those of an account that is closed for what is new wait until it is not."""
    return CardList.objects.filter(trashed_at=None, owner__blocked="")


def work_off(seconds: float) -> int:
    """Reads lists for about so long. Returns how many were read."""
    until, done = time.monotonic() + seconds, 0
    failed: set[int] = set()
    while time.monotonic() < until:
        keys = list(waiting().exclude(pk__in=failed).order_by("pk").values_list("pk", flat=True)[:LISTS_AT_ONCE])
        if not keys:
            break
        key = secrets.choice(keys)
        began = time.monotonic()
        try:
            done += _read(key)
        except (DatabaseError, Refusal):
            log.exception("a list of contacts could not be read", extra={"pk": key})
            failed.add(key)
        time.sleep(min(0.2, (time.monotonic() - began) / 4))  # so that items come in between
    return done


def _read(key: int) -> bool:
    """Reads one list. Returns whether this did it."""
    row = CardList.objects.select_related("owner", "transfer__source").filter(pk=key).first()
    if row is None:
        return False
    try:
        item = parse(row.payload.encode())
        text = item[TEXT]
        if not isinstance(text, str):
            raise TypeError(TEXT)
    except (Refusal, KeyError, TypeError):  # of an archive that somebody has made
        return _keep_as_contact(row)
    if has_many(text):
        rest = {"@type": item["@type"]}  # what else the item says stands in the first one
        return _divide(
            row, [written((rest if number else item) | {TEXT: one}) for number, one in enumerate(bunches(text))]
        )
    return _make_records(row, item, [Card.read(card) for card in split(text)])


def _divide(row: CardList, payloads: list[str]) -> bool:
    facts = {"owner_id": row.owner_id, "source_id": row.source_id, "transfer_id": row.transfer_id}
    rows = [
        facts
        | {"identity": digest("bunch", row.identity, str(number)), "payload": payload, "received_at": row.received_at}
        for number, payload in enumerate(payloads)
    ]
    with transaction.atomic():
        owner = quota.lock(row.owner)
        if not _take_away(row):
            return False
        statements.insert_all(CardList, rows)
        quota.charge(owner, sum(len(one.encode()) for one in payloads) - len(row.payload.encode()))
    return True


def _make_records(row: CardList, item: dict[str, object], cards: list[Card]) -> bool:
    with transaction.atomic():
        owner = quota.lock(row.owner)
        if not _take_away(row):
            return False
        arrival = IncomingItem(owner, row.transfer, "contacts", row.payload, item, StatementBatch())
        saved = save_cards(arrival, cards)
        count(arrival, saved.counts, saved.thrown_away)
        quota.charge(owner, arrival.new_json_bytes - len(row.payload.encode()), arrival.batch)
        arrival.batch.run()
    return True


def _keep_as_contact(row: CardList) -> bool:
    with transaction.atomic():
        quota.lock(row.owner)
        if not _take_away(row):
            return False
        facts = {name: getattr(row, name) for name in ("owner_id", "source_id", "transfer_id", "doc_id", "received_at")}
        unread = Card(row.payload, [], [row.payload]).columns()
        Contact.objects.create(**facts, identity=digest("list", row.identity), payload=row.payload, **unread)
    return True


def _take_away(row: CardList) -> bool:
    """Takes a list away, if nobody has done so before. What stands for it comes in the same transaction."""
    return CardList.objects.filter(pk=row.pk).delete()[0] > 0
