"""Every ten minutes, what stands in all chains is signed."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit import keys
from audit.hashes import NOTHING, checkpoint_message, merkle_root
from audit.models import AuditChain, AuditCheckpoint

LEAF = struct.Struct(">QQ32s")  # the key of a chain, its length, its head


@dataclass(frozen=True)
class ChainState:
    """What a checkpoint saw of a chain."""

    chain: int
    length: int
    head: bytes

    def packed(self) -> bytes:
        return LEAF.pack(self.chain, self.length, self.head)


def leaves_of(packed: bytes) -> Iterator[ChainState]:
    """Yields what a checkpoint saw. Raises `struct.error` where that is cut off."""
    return (ChainState(*leaf) for leaf in LEAF.iter_unpack(packed))


def make() -> AuditCheckpoint | None:
    """Makes the next checkpoint. Returns it; None where no chain has grown since the last one.

    One process does so at a time (accounts/periodic.py), or else one of them is refused by the number. A chain that
    grows meanwhile is seen by the next one.
    """
    grown = AuditChain.objects.filter(length__gt=F("proved")).order_by("pk")
    states = [ChainState(pk, length, bytes(head)) for pk, length, head in grown.values_list("pk", "length", "head")]
    if not states:
        return None
    packed = [state.packed() for state in states]
    last = AuditCheckpoint.objects.order_by("number").values_list("number", "hash").last()
    number, previous = (last[0] + 1, bytes(last[1])) if last else (1, NOTHING)
    now, root, key = timezone.now(), merkle_root(packed), keys.signing_key()
    public = key.public_key().public_bytes_raw()
    message = checkpoint_message(number, now, len(packed), root, previous, keys.id_of(public))
    made = AuditCheckpoint.objects.create(
        number=number,
        at=now,
        leaves=b"".join(packed),
        root=root,
        previous=previous,
        key_id=keys.id_of(public),
        public_key=public,
        hash=hashlib.sha256(message).digest(),
        signature=key.sign(message),
    )
    _note(states)
    return made


def _note(states: list[ChainState]) -> None:
    """That these have been seen. Whoever dies meanwhile has them seen once more."""
    for begin in range(0, len(states), 200):
        with transaction.atomic():  # short ones: whoever adds an event waits for these rows
            for state in states[begin : begin + 200]:
                AuditChain.objects.filter(pk=state.chain, proved__lt=state.length).update(proved=state.length)
