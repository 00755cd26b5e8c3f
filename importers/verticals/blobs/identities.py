"""What identifies a directory of a Cozy among all that came from there."""

import hashlib


def directory_identity(path: str, doc_id: str) -> str:
    """Returns what identifies a directory of a Cozy: its path, so that it is found by that, and its id, since any
    number of them may stand at one path, in the bin and one after the other.

    In hexadecimal digits, whose order is the same in every database.
    """
    return directory_identities(path)[0] + hashlib.sha256(doc_id.encode()).hexdigest()[:16]


def directory_identities(path: str) -> tuple[str, str]:
    """Returns what the identities of all directories at a path begin with, and what comes after them in order."""
    first = hashlib.sha256(path.encode()).hexdigest()[:16]
    return first, f"{first}g"
