"""The WebSockets of open pages, and who may have one."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import ParseResult

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings

from accounts.models import User
from accounts.sessions import is_over
from importers.live.poller import POLLER, LiveTopic


class LiveSocket(AsyncWebsocketConsumer):
    """One open page, which is told what its `topic` says of its `account`.

    What it was told last it has to have taken before it is told anything else.
    """

    topic: LiveTopic
    account: int = 0  # nobody's
    session: str = ""
    telling: asyncio.Task[None] | None = None

    def person(self) -> User | None:
        """Returns who is logged in; None for a stranger. Asks the database the first time. Whoever it is may see this
        as long as the session is open."""
        user: Any = self.scope["user"]
        if not user.is_authenticated or is_over(self.scope["session"], user):
            return None
        self.session = self.scope["session"].session_key or ""
        return user

    def tell(self, told: Any) -> None:
        """Sends what is new of what its topic says."""
        raise NotImplementedError

    async def listen(self) -> None:
        """Lets it be told from now on."""
        await self.accept()
        POLLER.add(self)

    async def disconnect(self, code: int) -> None:
        """Called where the client has gone, or did not answer a ping of the server's."""
        POLLER.discard(self)
        if self.telling is not None:
            self.telling.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignores what a client says, since it has nothing to ask."""

    @property
    def is_behind(self) -> bool:
        """Whether it has not yet taken what it was told before."""
        return self.telling is not None and not self.telling.done()

    def say(self, *messages: Mapping[str, Any], last: bool = False) -> None:
        """Sends these, and ends with them where they are the last ones."""
        self.telling = asyncio.create_task(self._say(messages, last=last))

    async def _say(self, messages: tuple[Mapping[str, Any], ...], *, last: bool) -> None:
        with suppress(OSError):  # the line is gone: `disconnect` comes next
            for message in messages:
                await self.send(text_data=json.dumps(message))
            if last:
                POLLER.discard(self)
                await self.close()


class SameOrigin(OriginValidator):
    """Refuses pages of other servers, which a browser would let in with this one's cookies. Programs send no origin."""

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or self.validate_origin(parsed_origin)


def application(consumers: Mapping[str, type[LiveSocket]]) -> Any:
    """Returns what answers every offer of a WebSocket, by the paths of these."""
    guarded = {
        path: SameOrigin(AuthMiddlewareStack(consumer.as_asgi()), settings.ALLOWED_HOSTS)
        for path, consumer in consumers.items()
    }
    elsewhere = WebsocketDenier.as_asgi()

    async def sockets(scope: Any, receive: Any, send: Any) -> None:
        await guarded.get(scope["path"], elsewhere)(scope, receive, send)

    return sockets
