"""What the files that this process may open are for: connections, and what the threads of requests have open."""

import asyncio
import logging
import resource
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

# Open without any request; measured: 9, three for each thread in which downloads ask (importers/content/asking.py), and
# one for each thing that is looked up.
OWN_FILES = 32
FILES_OF_THREAD = 3  # its database, that one's write-ahead log, and what it reads
FILES_OF_UPLOAD = 4  # likewise, and the file that it writes, with its folder while that is synced
ACCEPTED_AT_ONCE = 128  # connections that asyncio takes in before anybody is asked (uvicorn's --backlog)
FEWEST_CONNECTIONS = 16
FEWEST_THREADS = 4
SAYS_EVERY = 60.0  # seconds between two lines of log that no file is left

log = logging.getLogger("wharf.files")


@dataclass(frozen=True)
class FileShares:
    """How many of each there may be. `last`: connections on top of all others, for `/status`."""

    connections: int
    last: int
    uploads: int
    threads: int


def file_shares() -> FileShares:
    """Returns what the settings say, or less of everything, in proportion, where this process may open few files.

    It is first allowed as many as it may allow itself, up to what it needs.
    """
    uploads, threads, last = settings.WHARF_UPLOADS_AT_ONCE, settings.WHARF_THREADS, settings.WHARF_LAST_CONNECTIONS
    fixed = OWN_FILES + FILES_OF_THREAD * settings.WHARF_PEER_CALLS
    for_threads = FILES_OF_UPLOAD * uploads + FILES_OF_THREAD * threads
    wanted = fixed + for_threads + ACCEPTED_AT_ONCE + last + settings.WHARF_CONNECTIONS
    files = _allowed(wanted)
    if files >= wanted:
        return FileShares(settings.WHARF_CONNECTIONS, last, uploads, threads)
    last = min(last, max(1, files // 16))
    left = files - fixed - min(ACCEPTED_AT_ONCE, files // 4) - last
    part = min(1.0, left / 2 / for_threads)
    uploads = max(1, int(uploads * part))
    threads = min(threads, max(FEWEST_THREADS, int(threads * part)))
    left -= FILES_OF_UPLOAD * uploads + FILES_OF_THREAD * threads
    return FileShares(min(settings.WHARF_CONNECTIONS, max(FEWEST_CONNECTIONS, left)), last, uploads, threads)


def _allowed(wanted: int) -> int:
    """Returns how many files this process may open, after it has been allowed as many of those wanted as can be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft


class FewFilesHandler:
    """An exception handler of asyncio's loop, which would say with a traceback, and over and over, that there was no
    file for a new connection; it tries again after a second."""

    def __init__(self) -> None:
        self._said = -SAYS_EVERY

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "out of system resource" not in context["message"]:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._said >= SAYS_EVERY:
            self._said = time.monotonic()
            log.warning("no file is left for a new connection; it waits: %s", context.get("exception"))
