"""`GET /move/importing/realtime`: a WebSocket that says when an import has ended, and where to go then.

It sends `{"redirect": URL}`, at once where there is nothing to wait for any more, and closes. With `?progress=1` it
also sends `{"progress": {...}}` every second. While they wait, clients hold neither a thread nor a database connection:
one query a second asks for all of them.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict, deque
from contextlib import suppress
from contextvars import Context
from typing import Any
from urllib.parse import ParseResult, parse_qs

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings
from django.db import Error as DatabaseError

from accounts.sessions import is_over
from moves.imports.progress.page import REALTIME, waited_for
from moves.imports.progress.shown import redirect_address, shown
from moves.imports.progress.status import STAGES_ENDED, ArrivalStatus, standings

log = logging.getLogger("wharf.imports")

EVERY = 1.0  # seconds between two queries
WATCHED = 20  # samples that the speed is told from
ENOUGH = 3.0  # seconds that they must be apart

ask = database_sync_to_async


class Importing(AsyncWebsocketConsumer):
    """One client that waits for the end of an account's import. A stranger is refused with a 403."""

    account: int = 0  # nobody's
    telling: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Tells an end that has come already, or joins the others who wait."""
        user: Any = self.scope["user"]
        is_known = user.is_authenticated and not is_over(self.scope["session"], user.is_staff)
        person: int | None = user.pk if is_known else None  # a stranger has none
        standing = await ask(waited_for)(person, self.scope["cookies"])
        if standing is None:
            await self.close()
            return
        self.account = standing.owner
        self.logged_in = person == standing.owner
        self.wants_progress = parse_qs(self.scope["query_string"].decode("latin-1")).get("progress") == ["1"]
        await self.accept()
        WAITING.add(self)
        self.tell(standing, None)

    async def disconnect(self, code: int) -> None:
        """Called where the client has gone, or did not answer a ping of the server's."""
        WAITING.discard(self)
        if self.telling is not None:
            self.telling.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignores what a client says, since it has nothing to ask."""

    def tell(self, standing: ArrivalStatus, speed: float | None) -> None:
        """Sends what this client wants to know, unless it has not yet taken what it was told before."""
        ended = standing.stage in STAGES_ENDED
        if (ended or self.wants_progress) and (self.telling is None or self.telling.done()):
            self.telling = asyncio.create_task(self._tell(standing, speed, ended))

    async def _tell(self, standing: ArrivalStatus, speed: float | None, ended: bool) -> None:
        with suppress(OSError):  # the line is gone: `disconnect` comes next
            if self.wants_progress:
                await self.send(text_data=json.dumps({"progress": shown(standing, speed).as_json()}))
            if ended:
                await self.send(text_data=json.dumps({"redirect": redirect_address(standing, self.logged_in)}))
                WAITING.discard(self)
                await self.close()


class Waiting:
    """All clients of this process that wait, and the one task that asks for them; it ends with the last of them."""

    def __init__(self) -> None:
        self.clients: defaultdict[int, set[Importing]] = defaultdict(set)
        self.samples: defaultdict[int, deque[tuple[float, int]]] = defaultdict(lambda: deque(maxlen=WATCHED))
        self.task: asyncio.Task[None] | None = None

    def add(self, client: Importing) -> None:
        self.clients[client.account].add(client)
        self._begin()

    def discard(self, client: Importing) -> None:
        """Forgets a client; one that is not here is no error."""
        others = self.clients.get(client.account, set())
        others.discard(client)
        if not others:
            self.clients.pop(client.account, None)
            self.samples.pop(client.account, None)

    def _begin(self) -> None:
        if self.clients and (self.task is None or self.task.done()):
            self.task = asyncio.create_task(self._ask_for_all(), context=Context())
            self.task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        """Called when it has ended with the last client; or by a mistake, which is logged, and then it begins again for
        those who wait."""
        if not task.cancelled():
            if error := task.exception():
                log.error("what waiting clients are told failed; it begins again", exc_info=error)
            self._begin()

    async def _ask_for_all(self) -> None:
        while self.clients:
            await asyncio.sleep(EVERY)
            accounts = list(self.clients)  # others may join while the database is asked
            try:
                found = await ask(standings)(accounts)
            except DatabaseError:
                log.exception("the database did not say how far imports are; it is asked again")
                continue
            for account in accounts:
                if account in found:
                    self._tell(found[account])
                else:
                    await self._dismiss(account)

    def _tell(self, standing: ArrivalStatus) -> None:
        speed = self._speed(standing)
        for client in list(self.clients.get(standing.owner, ())):
            client.tell(standing, speed)

    async def _dismiss(self, account: int) -> None:
        """Ends what waits for an account that is gone."""
        for client in list(self.clients.get(account, ())):
            self.discard(client)
            with suppress(OSError):
                await client.close()

    def _speed(self, standing: ArrivalStatus) -> float | None:
        """Returns bytes a second over the last samples; None while they are too few."""
        samples, now = self.samples[standing.owner], time.monotonic()
        if samples and samples[-1][1] > standing.bytes_read:
            samples.clear()  # it began again
        samples.append((now, standing.bytes_read))
        passed, read = now - samples[0][0], standing.bytes_read - samples[0][1]
        return read / passed if passed >= ENOUGH else None


WAITING = Waiting()


class SameOrigin(OriginValidator):
    """Refuses pages of other servers, which a browser would let in with this one's cookies. Programs send no origin."""

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or self.validate_origin(parsed_origin)


def application() -> Any:
    """Returns what answers every offer of a WebSocket; there is one only."""
    importing = SameOrigin(AuthMiddlewareStack(Importing.as_asgi()), settings.ALLOWED_HOSTS)
    elsewhere = WebsocketDenier.as_asgi()

    async def sockets(scope: Any, receive: Any, send: Any) -> None:
        await (importing if scope["path"] == REALTIME else elsewhere)(scope, receive, send)

    return sockets
