"""Digests that identify items at their source."""

import hashlib
from base64 import urlsafe_b64encode


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


def also_id(doc_id: str, number: int) -> str:
    """The id of the document that is the so-manieth of this id: the first has it, the others one that is always the
    same."""
    return doc_id if number == 1 else digest_id("also", doc_id, str(number))
