"""`GET /live`: the WebSocket of the front page, and of the page of a transfer (`?transfer=` its number), in the
language of the page (`&language=fr`; English where it says none).

It sends `{"said": SENTENCE, "parts": {NAME: HTML}}` when it is opened and whenever something has come, at most once a
second; `{"over": true}` where nothing is coming in, or any more.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from accounts.texts import ENGLISH
from importers.live.coming import HomeTopic, TransferTopic
from importers.live.poller import LiveTopic, ask, look
from importers.live.socket import LiveSocket

LASTS = 300  # seconds; whoever looks longer connects again, and is asked who it is
OVER = {"over": True}

HOME = {language: HomeTopic(language) for language, _ in settings.LANGUAGES}
TRANSFER = {language: TransferTopic(language) for language, _ in settings.LANGUAGES}


class ComingSocket(LiveSocket):
    """One open page of somebody who is logged in. A stranger is refused with a 403."""

    last: Any = None
    transfer: int | None = None

    async def connect(self) -> None:
        """Tells what is coming in now, and then joins the others."""
        said = parse_qs(self.scope["query_string"].decode("latin-1"))
        asked, language = (said.get(name, [""])[0] for name in ("transfer", "language"))
        if asked.isdecimal() and len(asked) < 19:  # of a BIGINT
            self.transfer = int(asked)
        topics: Mapping[str, LiveTopic] = HOME if self.transfer is None else TRANSFER
        self.topic = topics.get(language, topics[ENGLISH])
        told = await ask(self._first)()
        if told is None:
            await self.close()
            return
        self.ends = time.monotonic() + LASTS
        await self.listen()
        self.tell(told[0])

    def _first(self) -> tuple[Any] | None:
        """What its topic says now; None for a stranger."""
        person = self.person()
        if person is None or person.deletion_at is not None:
            return None
        self.account = person.pk
        found = look({person.pk: {self.topic}}).get(person.pk)
        return (found[self.topic],) if found is not None else None

    def tell(self, told: Any) -> None:
        """Sends what is new."""
        if self.is_behind:
            return
        mine: Mapping[str, Any] = (told if self.transfer is None else (told or {}).get(self.transfer)) or OVER
        is_last = time.monotonic() > self.ends
        if mine is not self.last or is_last:
            messages = [mine] if mine is not self.last else []
            self.last = mine
            self.say(*messages, last=is_last)
