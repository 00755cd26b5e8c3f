"""Cards become records, many at once, in a transaction that has locked the person's row."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from importers import statements
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus
from importers.items.deletions import deleted_answer, stay_deleted
from importers.items.wire import said, spelled
from importers.models import Transfer, TransferCount
from importers.models.record import new_doc_id
from importers.verticals.contacts.card import Card
from importers.verticals.contacts.models import Contact

TEXT = "vCards"


@dataclass
class SavedCards:
    """What became of the cards of an item: how many of them by what became of them, how many of these its person has
    thrown away, and the id of the first one."""

    doc_id: str = ""
    counts: Counter[ItemStatus] = field(default_factory=Counter)
    thrown_away: int = 0

    def note(self, answer: ItemAnswer) -> None:
        self.doc_id = self.doc_id or answer.doc_id
        self.counts[answer.status] += 1
        self.thrown_away += answer.is_thrown_away

    @property
    def answer(self) -> ItemAnswer:
        """The answer for all of them."""
        order = (ItemStatus.CREATED, ItemStatus.UPDATED, ItemStatus.UNCHANGED)
        status = next(status for status in order if self.counts[status])
        return ItemAnswer(self.doc_id, status, self.thrown_away > 0 and status is ItemStatus.UNCHANGED)


def save_cards(arrival: IncomingItem, cards: Sequence[Card]) -> SavedCards:
    """Makes the records of an item's cards, or brings them up to date."""
    saved = SavedCards()
    deleted = stay_deleted(Contact, arrival, [card.identity for card in cards])
    for card in cards:
        if card.identity in deleted:
            saved.note(deleted_answer(deleted[card.identity]))
    cards = [card for card in cards if card.identity not in deleted]
    if len(cards) == 1 and not deleted:
        card = cards[0]
        answer = records.save_once(Contact, arrival, card.identity, card.columns(), says)[1]
        saved.note(answer)
        return saved
    own = {"source_id": arrival.source.pk, "identity__in": [card.identity for card in cards]}
    here = set(Contact.objects.filter(**own).values_list("identity", flat=True))
    new: dict[str, dict[str, Any]] = {}
    now = timezone.now()
    for number, card in enumerate(cards):
        payload, identity = payload_of(arrival.item, card, is_first=not number), card.identity
        if identity in new:  # the item says it twice
            _insert(new)
            here |= new.keys()
            new = {}
        if identity not in here:
            new[identity] = row = _row(arrival, payload, card) | {"received_at": now, "changed_at": now}
            saved.note(ItemAnswer(row["doc_id"], ItemStatus.CREATED))
            continue
        one = replace(arrival, payload=payload, new_json_bytes=0)
        answer = records.save_once(Contact, one, identity, card.columns(), says)[1]
        arrival.new_json_bytes += one.new_json_bytes
        saved.note(answer)
    _insert(new)
    return saved


def _row(arrival: IncomingItem, payload: str, card: Card) -> dict[str, Any]:
    arrival.new_json_bytes += len(payload.encode())
    return {
        "owner_id": arrival.owner.pk,
        "source_id": arrival.source.pk,
        "transfer_id": arrival.transfer.pk,
        "identity": card.identity,
        "doc_id": new_doc_id(),
        "payload": payload,
        **card.columns(),
    }


def _insert(rows: dict[str, dict[str, Any]]) -> None:
    statements.insert_all(Contact, list(rows.values()))


def payload_of(item: dict[str, Any], card: Card, *, is_first: bool) -> str:
    """Returns an item of one card of an item of several. What else the item says stands in the first of them."""
    rest = item if is_first else {"@type": item["@type"]}
    return written(rest | {TEXT: card.text})


def written(item: dict[str, Any]) -> str:
    """Returns the JSON of an item."""
    payload = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    try:
        payload.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can say
        return json.dumps(item, separators=(",", ":"))
    return payload


def says(payload: str) -> str:
    """Returns what an item of one card says, in one spelling. Raises 400 for what is no item."""
    item = said(payload)
    text = item.pop(TEXT, None)
    return f"{spelled(item)}\n{Card.read(text).says if isinstance(text, str) else text}"


def count_others(arrival: IncomingItem, saved: SavedCards) -> None:
    """Lets the transfer count each card: one is counted as the item that it came in."""
    counts, answer = saved.counts.copy(), saved.answer
    counts[answer.status] -= 1
    count(arrival, counts, saved.thrown_away - answer.is_thrown_away)


def count(arrival: IncomingItem, counts: Counter[ItemStatus], thrown_away: int) -> None:
    """Lets the transfer count so many cards, by what became of them."""
    more = {status.value: number for status, number in counts.items() if number}
    if not more:
        return
    items = sum(more.values())
    if thrown_away:
        more["thrown_away"] = thrown_away
    row = {"transfer_id": arrival.transfer.pk, "vertical": arrival.vertical}
    arrival.batch.add_or_insert(TransferCount, row, more)
    arrival.batch.add(Transfer, {"id": arrival.transfer.pk}, {"items": items})
