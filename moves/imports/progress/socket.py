"""`GET /move/importing/realtime`: a WebSocket that says when an import has ended, and where to go then.

It sends `{"redirect": URL}`, at once where there is nothing to wait for any more, and closes. With `?progress=1` it
also sends `{"progress": {...}}` every second.
"""

import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.utils import translation

from accounts.languages import language_accepted
from importers.live.poller import LiveTopic, ask
from importers.live.socket import LiveSocket
from moves.imports.progress.page import waited_for
from moves.imports.progress.shown import redirect_address, shown
from moves.imports.progress.status import STAGES_ENDED, ArrivalStatus, columns, standing_of

WATCHED = 20  # samples that the speed is told from
ENOUGH = 3.0  # seconds that they must be apart

Told = tuple[ArrivalStatus, float | None]


class ArrivalTopic:
    """How far what comes into an account is, and how many bytes a second come; None while that says nothing."""

    def __init__(self) -> None:
        self.samples: defaultdict[int, deque[tuple[float, int]]] = defaultdict(lambda: deque(maxlen=WATCHED))

    def columns(self) -> Mapping[str, Any]:
        return columns()

    def told(self, account: int, row: Mapping[str, Any]) -> Told:
        standing = standing_of(account, row)
        return standing, self._speed(standing)

    def forget(self, account: int) -> None:
        self.samples.pop(account, None)

    def _speed(self, standing: ArrivalStatus) -> float | None:
        samples, now = self.samples[standing.owner], time.monotonic()
        if samples and samples[-1][1] > standing.bytes_read:
            samples.clear()  # it began again
        samples.append((now, standing.bytes_read))
        passed, read = now - samples[0][0], standing.bytes_read - samples[0][1]
        return read / passed if passed >= ENOUGH else None


class Importing(LiveSocket):
    """One client that waits for the end of an account's import. A stranger is refused with a 403."""

    topic: LiveTopic = ArrivalTopic()
    language: str = settings.LANGUAGE_CODE

    async def connect(self) -> None:
        """Tells an end that has come already, or joins the others who wait."""
        person, standing = await ask(self._who_and_what)()
        if standing is None:
            await self.close()
            return
        self.account = standing.owner
        self.logged_in = person == standing.owner
        if not self.logged_in:
            self.session = ""  # the cookie for progress is what lets it in
        self.wants_progress = parse_qs(self.scope["query_string"].decode("latin-1")).get("progress") == ["1"]
        await self.listen()
        self.tell((standing, None))

    def _who_and_what(self) -> tuple[int | None, ArrivalStatus | None]:
        person = self.person()
        key = person.pk if person is not None else None
        self.language = self._language(person.language if person is not None else "")
        return key, waited_for(key, self.scope["cookies"])

    def _language(self, chosen: str) -> str:
        """The language of the page: that which its person has chosen, else that of the browser."""
        accepted = next((value for name, value in self.scope["headers"] if name == b"accept-language"), b"")
        return chosen if chosen in dict(settings.LANGUAGES) else language_accepted(accepted.decode("latin-1"))

    def tell(self, told: Told) -> None:
        """Sends what this client wants to know."""
        standing, speed = told
        ended = standing.stage in STAGES_ENDED
        if self.is_behind or not (ended or self.wants_progress):
            return
        messages: list[Mapping[str, Any]] = []
        if self.wants_progress:
            with translation.override(self.language):
                messages.append({"progress": shown(standing, speed).as_json()})
        if ended:
            messages.append({"redirect": redirect_address(standing, self.logged_in)})
        self.say(*messages, last=ended)
