"""Messages that answer one another have one thread, in whatever order they come.

A thread is called by the key of its oldest message that anybody has named. A message that answers one that is here is
in the thread of that; and when one comes by whose key a thread is called, that thread becomes part of its own.
"""

from collections.abc import Sequence

from importers import statements
from importers.digests import digest
from importers.verticals.mail.models import MailMessage

MOST_LOOKED_FOR = 8  # messages that one names
MOST_GATHERED = 1_000  # rows that one message changes, for which other people's items may have to wait


def thread_for(owner_id: int, key: str, references: Sequence[str], doc_id: str) -> str:
    """Returns the thread of a message with this key that answers those with these keys. Runs in a transaction that has
    locked the person's row."""
    nearest = dict.fromkeys([*reversed(references[-MOST_LOOKED_FOR:]), *references[:1]])
    if nearest:
        wheres = [{"owner_id": owner_id, "message_key": one} for one in nearest]
        if found := statements.first(MailMessage, ("thread",), *wheres):
            return str(found[0])
    return references[0] if references else key or digest("alone", doc_id)


def gather(owner_id: int, key: str, thread: str) -> None:
    """Lets those that have waited for the message with this key be in its thread: the first of them, if there are more
    than one message may move."""
    if not key or key == thread:
        return
    if statements.first(MailMessage, ("id",), {"owner_id": owner_id, "thread": key}) is not None:
        waiting = MailMessage.objects.filter(owner_id=owner_id, thread=key).order_by("pk").values("pk")
        MailMessage.objects.filter(pk__in=waiting[:MOST_GATHERED]).update(thread=thread)
