"""The job that looks through messages that were too large for it when they came, or came in archives. It can be killed
anywhere, and goes on from there."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.db import transaction

from importers.content import quota
from importers.content.storage import STORAGE_CHUNK
from importers.content.stored import open_at
from importers.errors import SERVICE_ERRORS, Refusal
from importers.verticals.mail.models import MailMessage
from importers.verticals.mail.parts import MessageParts
from importers.verticals.mail.reading import columns_of
from importers.verticals.mail.threads import gather, thread_for

log = logging.getLogger("wharf.mail")

MESSAGES_AT_ONCE = 100  # messages that are looked for together


def work_off(seconds: float) -> int:
    """Looks through messages for about so long. Returns how many were looked through."""
    until, done, last = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        unread = MailMessage.objects.filter(is_unread=True, pk__gt=last).exclude(content=None)
        messages = list(unread.select_related("content", "owner").order_by("pk")[:MESSAGES_AT_ONCE])
        if not messages:
            break
        for message in messages:
            last = message.pk
            began = time.monotonic()
            try:
                read(message)
                done += 1
            except (*SERVICE_ERRORS, Refusal):  # it waits for the next time, and the others go on
                log.exception("a message could not be looked through", extra={"pk": message.pk})
            if time.monotonic() > until:
                break
            time.sleep(min(0.2, (time.monotonic() - began) / 4))  # so that items come in between
    return done


def read(message: MailMessage) -> None:
    """Looks through all of a message, a megabyte at a time, and lets its record say what it says."""
    says = columns_of(MessageParts.read(chunks_of(message)))
    references = says.pop("references")
    with transaction.atomic():
        quota.lock(message.owner)
        standing = MailMessage.objects.filter(pk=message.pk).first()
        if standing is None:
            return
        # Labels and flags in its headers have been read when it came; items may have said others since.
        own = {name: value for name, value in says.items() if name not in ("labels", "flags")}
        changes: dict[str, Any] = own | {"is_unread": False}
        if standing.message_key != says["message_key"] or not standing.thread:
            changes["thread"] = thread_for(standing.owner_id, says["message_key"], references, standing.doc_id)
            gather(standing.owner_id, says["message_key"], changes["thread"])
        MailMessage.objects.filter(pk=standing.pk).update(**changes)


def chunks_of(message: MailMessage) -> Iterator[bytes]:
    """Yields the bytes of a message that has some."""
    if message.content is None:
        return
    with closing(open_at(message.content.storage_key, 0, message.content.size)) as stored:
        while chunk := stored.read(STORAGE_CHUNK):
            yield chunk
