"""The bytes that are hashed and signed. Whoever has the rows can compute them with any SHA-256.

All is JSON without spaces, in ASCII, with bytes in hex and times in microseconds since 1970 (UTC).
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

NOTHING = bytes(32)  # what the first link of a chain follows
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LEAF, NODE = b"\x00", b"\x01"  # RFC 9162, section 2.1.1: no leaf can be taken for a node

_write = json.JSONEncoder(separators=(",", ":")).encode


def microseconds(at: datetime) -> int:
    """Returns a time as microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def text_of(details: dict[str, Any]) -> str:
    """Returns details as they are stored and hashed."""
    return json.dumps(details, separators=(",", ":"), sort_keys=True, default=str)


def detail_digest(salt: bytes, text: str) -> bytes:
    """Returns what stands in the chain for a detail. Once the salt is gone, nobody can tell by it what that was."""
    return hashlib.sha256(salt + text.encode()).digest()


def event_hash(
    subject: str, number: int, at: datetime, kind: str, actor: str, what: bytes, who: bytes, previous: bytes
) -> bytes:
    """Returns the hash of an event. `what` and `who`: the digests of its details, empty without; `previous`: the hash
    of the event before it in its chain, 32 zeros for the first one."""
    # Written by hand: the encoder takes three times as long for a list, which a million events feel.
    named = f'["wharf-event-1",{_write(subject)},{number},{microseconds(at)},{_write(kind)},{_write(actor)}'
    return hashlib.sha256(f'{named},"{what.hex()}","{who.hex()}","{previous.hex()}"]'.encode()).digest()


def checkpoint_message(number: int, at: datetime, leaves: int, root: bytes, previous: bytes, key_id: str) -> bytes:
    """Returns what is hashed and signed of a checkpoint."""
    return _write(["wharf-checkpoint-1", number, microseconds(at), leaves, root.hex(), previous.hex(), key_id]).encode()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Returns the root of a Merkle tree (RFC 9162, section 2.1.1)."""
    if not leaves:
        return hashlib.sha256().digest()
    row = [hashlib.sha256(LEAF + leaf).digest() for leaf in leaves]
    while len(row) > 1:
        pairs = [hashlib.sha256(NODE + one + other).digest() for one, other in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[len(row) - len(row) % 2 :]  # the odd one goes up as it is
    return row[0]
