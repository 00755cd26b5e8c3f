"""The one task of a process that asks the database for all open pages, every second, as long as there are any.

It needs neither a cache nor a broker: whoever changes a row has told these pages. While they wait they hold neither a
thread nor a connection to the database.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from contextvars import Context
from itertools import count
from typing import Any, Protocol

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from accounts.models import User
from accounts.outage import Outage
from accounts.sessions import still_open

log = logging.getLogger("wharf.live")

EVERY = 1.0  # seconds between two queries
LOOKS_PER_SESSION = 10  # looks after which it is asked whether sessions are still open, by two more queries for all

ask = database_sync_to_async


class LiveTopic(Protocol):
    """One thing that pages look at of an account."""

    def columns(self) -> Mapping[str, Any]:
        """Returns what is asked of each account's row, by names; the same name is the same for every topic."""

    def told(self, account: int, row: Mapping[str, Any]) -> Any:
        """Returns what clients are told of an account, by its row; called in the thread that has asked."""

    def forget(self, account: int) -> None:
        """Nobody looks at this account any more."""


class LiveClient(Protocol):
    """One open page."""

    account: int
    topic: LiveTopic
    session: str  # the key of the one by which it may see this; empty where that follows from something else

    def tell(self, told: Any) -> None:
        """Takes what its topic says now; at once, whatever becomes of it."""

    async def close(self) -> None:
        """Ends it."""


class Poller:
    """All clients of this process, and the task that asks for them; it ends with the last of them."""

    def __init__(self) -> None:
        self.clients: defaultdict[int, set[LiveClient]] = defaultdict(set)
        self.task: asyncio.Task[None] | None = None

    def add(self, client: LiveClient) -> None:
        self.clients[client.account].add(client)
        self._begin()

    def discard(self, client: LiveClient) -> None:
        """Forgets a client; one that is not here is no error."""
        others = self.clients.get(client.account, set())
        others.discard(client)
        if not others:
            self.clients.pop(client.account, None)
        if all(other.topic is not client.topic for other in others):
            client.topic.forget(client.account)

    def _begin(self) -> None:
        if self.clients and (self.task is None or self.task.done()):
            self.task = asyncio.create_task(self._ask_for_all(), context=Context())
            self.task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        """Called when it has ended with the last client; or by a mistake, which is logged, and then it begins again for
        those who wait."""
        if not task.cancelled():
            if error := task.exception():
                log.error("what open pages are told failed; it begins again", exc_info=error)
            self._begin()

    async def _ask_for_all(self) -> None:
        outage = Outage(log, "a look for open pages")
        for number in count(1):
            if not self.clients:
                return
            await asyncio.sleep(EVERY)
            # Others may join while the database is asked.
            wanted = {account: {one.topic for one in clients} for account, clients in self.clients.items()}
            try:
                found = await ask(look)(wanted)
                if number % LOOKS_PER_SESSION == 0:
                    await self._dismiss_strangers()
            except DatabaseError as error:
                outage.failed(error)
                continue
            outage.over()
            for account, topics in wanted.items():
                for client in list(self.clients.get(account, ())):
                    if account not in found:
                        await self._dismiss(client)
                    elif client.topic in topics:
                        client.tell(found[account][client.topic])

    async def _dismiss_strangers(self) -> None:
        """Ends what waits by a session that is over meanwhile."""
        waiting = [client for clients in self.clients.values() for client in clients if client.session]
        open_ones = await ask(still_open)({client.session for client in waiting})
        for client in waiting:
            if client.session not in open_ones:
                await self._dismiss(client)

    async def _dismiss(self, client: LiveClient) -> None:
        """Ends what waits for an account that is gone, or for a stranger."""
        self.discard(client)
        with suppress(OSError):
            await client.close()


def look(wanted: Mapping[int, Iterable[LiveTopic]]) -> dict[int, dict[LiveTopic, Any]]:
    """Returns what each of these topics says of each account, by one query; accounts that are gone or not active are
    left out."""
    columns: dict[str, Any] = {}
    for topic in {topic for topics in wanted.values() for topic in topics}:
        columns |= topic.columns()
    rows = User.objects.filter(pk__in=list(wanted), is_active=True).values_list("pk", *columns.values())
    return {
        pk: {topic: topic.told(pk, dict(zip(columns, values, strict=True))) for topic in wanted[pk]}
        for pk, *values in rows
    }


POLLER = Poller()
