"""How far a download is: which of its bytes the other side has acknowledged, written down as it goes on."""

import logging
import time

from django.conf import settings

from importers.content.asking import asked
from importers.content.outgoing import OutgoingBytes
from importers.content.ranges import Span
from importers.errors import SERVICE_ERRORS
from moves.exports import sent

log = logging.getLogger("wharf.exports")


class DownloadProgress:
    """One answer with a span of a part. `handed_over` is how many of its bytes the server was given.

    `part`: whose ranges are noted, 0 for none: those of downloads that are part of no move prove nothing.
    """

    def __init__(self, part: int, suffix: str, span: Span, outgoing: OutgoingBytes) -> None:
        self.handed_over = 0
        self._part = part
        self._suffix = suffix
        self._span = span
        self._outgoing = outgoing
        self._noted = 0
        self._noted_at = time.monotonic()

    async def took(self, size: int) -> bool:
        """The server has taken `size` more bytes: waits until they are written. Returns False where they never will
        be. To be asked at once when the server asks for the next ones."""
        if not self._outgoing.is_open:
            return False
        self.handed_over += size
        if not await self._outgoing.written():
            return False
        if time.monotonic() - self._noted_at >= settings.WHARF_DOWNLOAD_NOTED_EVERY:
            await self._note_what_arrived()
        return True

    async def end(self) -> bool:
        """Only the last byte is left to be sent: waits until all before it have arrived, and notes them, and it, all at
        once. Returns False where they never will. Raises what the database raises."""
        if self._part and not await self._outgoing.acknowledged():
            return False
        await self._note(len(self._span))
        return True

    async def break_off(self) -> None:
        """Nothing more is sent: notes what has arrived, unless the connection was reset. Then the other side may have
        thrown away what its TCP had acknowledged, and what was noted last is all that counts."""
        await self._note_what_arrived()

    async def _note_what_arrived(self) -> None:
        """A database that does not answer now is told later, and of the same bytes."""
        left = self._outgoing.unacknowledged
        if left is None:
            return
        try:
            await self._note(self.handed_over - left)
        except SERVICE_ERRORS:
            log.warning("what was sent of an export could not be noted", exc_info=True)

    async def _note(self, size: int) -> None:
        if self._part and size > self._noted:
            start = self._span.start
            await asked(sent.note, self._part, self._suffix, start, start + size)
            self._noted = size
        self._noted_at = time.monotonic()
