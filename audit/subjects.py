"""Of whom an event tells, and who did it: names that say nothing of a person, since nothing can erase them.

Each subject has a chain of its own. The number in a name is the key of a row: what it was called, the row says, as long
as there is one.
"""

from datetime import datetime

SERVER = "server"  # what concerns no person and no exporter; and who acts where nobody asked for it
COMMAND = "command"  # whoever may run commands on the machine
STRANGER = "stranger"  # who is not known; as a subject, it has a chain for each day


def person(pk: int) -> str:
    return f"person:{pk}"


def exporter(pk: int) -> str:
    """Returns the name of an OAuth client by its key."""
    return f"exporter:{pk}"


def chain_of(subject: str, at: datetime) -> str:
    """Returns what the chain is called in which an event of this time is: all strangers of a day (UTC) have one."""
    return f"strangers:{at:%Y-%m-%d}" if subject == STRANGER else subject


def key_of(subject: str, kind: str) -> int | None:
    """Returns the key in a name of this kind ("person", "exporter"); None for any other."""
    before, _, key = subject.partition(":")
    return int(key) if before == kind and key.isdigit() else None
