"""Digests that identify items at their source, and those that identify bytes."""

import hashlib
import re
from base64 import urlsafe_b64encode

SHA256_HEX = re.compile("[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Returns whether this is a SHA-256, in hex as it is stored."""
    return SHA256_HEX.fullmatch(text) is not None


def digest(*parts: str) -> str:
    """32 characters (192 bits of SHA-256) that stand for these texts in this order."""
    running = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        running.update(len(encoded).to_bytes(8, "big"))  # so that ("ab", "c") is not ("a", "bc")
        running.update(encoded)
    return urlsafe_b64encode(running.digest()[:24]).decode()


def digest_id(*parts: str) -> str:
    """32 hex digits that stand for these texts: the id of a document that no record stands behind."""
    return hashlib.sha256(digest(*parts).encode()).hexdigest()[:32]


def waiting_identity(doc_id: str) -> str:
    """Returns what identifies a record that an archive has named by its id, until its document says more."""
    return digest("waits for", doc_id)


def also_id(doc_id: str, number: int) -> str:
    """Returns the id that a document leaves under when several records have one: the first keeps it, the others, by
    their `number` from 2 on, get one that is always the same."""
    return doc_id if number == 1 else digest_id("also", doc_id, str(number))
