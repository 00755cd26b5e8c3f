"""The archives of an export as streams that only go forward: from another server, or files of this machine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Self

import httpx
from django.conf import settings

from accounts.sizes import as_count, as_size
from accounts.texts import kept_text
from moves import watch
from moves.imports.sources.links import ASK_AGAIN, NoArchive, has_gone
from moves.imports.sources.parts import StreamInterrupted
from moves.peers.client import client
from moves.peers.connections import Peer
from moves.peers.errors import MOVED_AWAY, PeerError, host_of, refused, told

NOT_THERE_ANY_MORE = kept_text("The export is not there any more, or this link does not open it (%(status)s).")
SENT_MORE = kept_text("%(host)s sent more than it had announced.")
SENT_LESS = kept_text("%(host)s sent less than it had announced.")
ONLY_WHOLE = kept_text("It can only send the whole part again.")
ANOTHER_VERSION = kept_text("%(host)s has another version of this part now.")
TRIED = kept_text("It was tried %(times)s times.")
SENDS_NOTHING = kept_text("%(host)s sends nothing in place of the archive.")
SENDS_A_PAGE = kept_text("%(host)s sends a page (%(kind)s) in place of the archive.")
COMPRESSED = kept_text("%(host)s sends the archive compressed (%(encoding)s), although it was asked not to.")

PROGRESS = 64 * 1024  # bytes that must come before the tries are counted anew
ANSWER = 120.0  # seconds until the head of an answer is there: a Cozy may make the archive first
STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')  # RFC 9110, section 8.8.3
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)  # no more than a column holds
LARGEST_ERROR = 16 * 1024  # bytes of what a server says of why it sends no part
NOT_KNOWN = (400, 401, 403, 404)  # how a link is answered that is none, or not any more
PAGES = ("text/", "application/json", "application/vnd.api+json", "application/xhtml+xml")
PAGE_BEGINS = (b"<", b"{", b"[")
UNSATISFIED = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)


def _why_not(failed: PeerError) -> str:
    """Why a part of an export won't come, for the person who has its link."""
    if failed.status == MOVED_AWAY:
        return has_gone(failed)
    if failed.status in NOT_KNOWN:
        return f"{NOT_THERE_ANY_MORE % {'status': failed.status}} {ASK_AGAIN}"
    return failed.sentence


@dataclass(frozen=True)
class RemotePart:
    """An archive that another server has. `url` is the capability to fetch it: it stays out of logs."""

    url: str
    number: int
    cursor: str = ""
    path: str = ""

    def open(self, offset: int = 0, etag: str = "") -> "RemoteStream":
        return RemoteStream(self.url, offset, etag)

    def span(self, start: int, stop: int) -> "RemoteStream":
        """Opens these bytes of it, or all of it where the peer can't ranges: `offset` tells."""
        return RemoteStream(self.url, start, "", stop=stop)


class RemoteStream:
    """A part while it is fetched. Where the connection breaks and the peer can ranges, it is fetched on from there
    (RFC 9110, section 14), and whoever reads does not notice; an answer with the whole part is never appended."""

    def __init__(self, url: str, offset: int, etag: str, *, stop: int | None = None, answer: float = ANSWER) -> None:
        """`stop`: where to end, if not at the end. `answer`: seconds until the head of an answer is there."""
        self._url = url
        self._stop = stop
        self._answer = answer
        self._host = host_of(url)
        self._peer: Peer | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._ready = b""
        self._tries = 0
        self._tried_at = 0
        self._came = 0
        self._ended = False
        self.size: int | None = None
        self.etag = ""
        self.resumes = False
        self.offset = self._came = self._connect_patiently(offset, etag)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing more is fetched."""
        self._ended = True
        self._ready = b""
        self._hang_up()

    def read(self, size: int) -> bytes:
        while not self._ready:
            if self._ended:
                return b""
            self._ready = self._next_piece()
        given = self._ready
        if len(given) <= size:
            self._ready = b""
            return given
        self._ready = given[size:]
        return given[:size]

    def _next_piece(self) -> bytes:
        """Returns what came. Empty at the end, and where the connection broke and was made again."""
        try:
            with told(self._url):
                piece = next(self._pieces, b"")
        except PeerError as broken:
            self._go_on(broken)
            return b""
        self._came += len(piece)
        end = self._stop or self.size
        if end is not None and self._came > end:
            self.close()
            raise StreamInterrupted(SENT_MORE % {"host": self._host})
        if not piece:
            if end is not None and self._came < end:
                self._go_on(PeerError("broken", SENT_LESS % {"host": self._host}, temporary=True))
            else:
                self.close()
        return piece

    def _go_on(self, broken: PeerError) -> None:
        """Goes on by another connection where this one broke."""
        self._hang_up()
        if not self.resumes:
            self.close()
            raise StreamInterrupted(f"{broken.sentence} {ONLY_WHOLE}") from broken
        self._wait(broken)
        size, etag = self.size, self.etag
        if self._connect_patiently(self._came, etag) != self._came or self.size != size:
            self.close()
            raise StreamInterrupted(ANOTHER_VERSION % {"host": self._host}) from broken

    def _connect_patiently(self, offset: int, etag: str) -> int:
        """Connects, after some tries if it must. Returns where the answer begins. Raises `NoArchive` and
        `StreamInterrupted`."""
        while True:
            try:
                begins_at = self._connect(offset, etag)
                watch.failing("")
                return begins_at
            except PeerError as failed:
                self._hang_up()
                if not failed.temporary:
                    self.close()
                    raise NoArchive(_why_not(failed), temporary=failed.status == 409) from failed
                self._wait(failed)

    def _wait(self, failed: PeerError) -> None:
        """Pauses before the next try, longer each time. Raises `StreamInterrupted` after the last one."""
        if self._came - self._tried_at >= PROGRESS:
            self._tries = 0
        if self._tries == len(settings.WHARF_PEER_PAUSES):
            self.close()
            raise StreamInterrupted(f"{failed.sentence} {TRIED % {'times': self._tries + 1}}") from failed
        watch.failing(failed.sentence)
        watch.pause(settings.WHARF_PEER_PAUSES[self._tries])
        self._tries += 1
        self._tried_at = self._came

    def _connect(self, offset: int, etag: str) -> int:
        """Asks once. Returns where the answer begins. Raises `PeerError`."""
        ranged = self._stop is not None or (offset > 0 and STRONG.fullmatch(etag) is not None)
        headers = {"Range": f"bytes={offset}-{'' if self._stop is None else self._stop - 1}"} if ranged else {}
        if ranged and etag:
            headers["If-Range"] = etag
        response = self._ask(headers)
        if response.status_code == 206 and ranged:
            return self._part_of(response, offset, etag)
        if response.status_code == 416 and ranged:
            return self._nothing_of(response, offset, etag)
        if response.status_code != 200:
            with told(self._url):
                said = next(response.iter_raw(LARGEST_ERROR), b"")
            raise refused(response, said)
        self._take(response, as_count(as_size(response.headers.get("Content-Length"))))
        self._stop = None
        self._require_archive(response.headers.get("Content-Type", ""))
        self.resumes = STRONG.fullmatch(self.etag) is not None and response.headers.get("Accept-Ranges") == "bytes"
        return 0

    def _require_archive(self, media_type: str) -> None:
        """Looks at the first bytes of a part: a server that has trouble, or what stands before it, may send a page with
        200, or nothing. Raises `PeerError`, after which the same call may well succeed."""
        with told(self._url):
            first = next(self._pieces, b"")
        if not first:
            raise PeerError("malformed", SENDS_NOTHING % {"host": self._host}, temporary=True)
        if media_type.startswith(PAGES) and first.lstrip()[:1] in PAGE_BEGINS:
            kind = media_type.partition(";")[0]
            raise PeerError("malformed", SENDS_A_PAGE % {"host": self._host, "kind": kind}, temporary=True)
        self._pieces = chain([first], self._pieces)

    def _part_of(self, response: httpx.Response, offset: int, etag: str) -> int:
        found = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        etag = etag or response.headers.get("ETag", "")
        is_asked_for = found is not None and int(found[1]) == offset and self._stop in (None, int(found[2]) + 1)
        if found is None or not is_asked_for or response.headers.get("ETag", etag) != etag:
            self._stop = None
            return self._connect(0, "")  # not what was asked for: the whole part is at least clear
        self._take(response, int(found[2]) + 1 if found[3] == "*" else int(found[3]))
        self.etag, self.resumes = etag, STRONG.fullmatch(etag) is not None
        return offset

    def _nothing_of(self, response: httpx.Response, offset: int, etag: str) -> int:
        """416: there is nothing from `offset` on, either because that is the end or because the part is another one."""
        found = UNSATISFIED.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != offset or response.headers.get("ETag", etag) != etag:
            return self._connect(0, "")
        self._hang_up()
        self.size, self.etag, self.resumes = offset, etag, True
        return offset

    def _take(self, response: httpx.Response, size: int | None) -> None:
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            sentence = COMPRESSED % {"host": self._host, "encoding": encoding}
            raise PeerError("malformed", sentence)
        self.size = size
        self.etag = response.headers.get("ETag", "")
        self._pieces = response.iter_raw()

    def _ask(self, headers: dict[str, str]) -> httpx.Response:
        self._hang_up()
        self._peer = client()
        self._peer.patience.within(self._answer)
        with told(self._url):
            request = self._peer.build_request("GET", self._url, headers=headers)
            response = self._peer.send(request, stream=True, follow_redirects=True)
        self._peer.patience.without_end()
        return response

    def _hang_up(self) -> None:
        self._pieces = iter(())
        if self._peer is not None:
            self._peer.close()
            self._peer = None
