"""The server's one application, and the ways behind it.

WebSockets go to Channels. Downloads go to Django's ASGI handler, whose async iterators stop when the client leaves.
Everything else goes to its WSGI handler through a2wsgi, which gives a view the socket's stream; Django's ASGI handler
would spool every body first.
"""

import asyncio
import os
from typing import Any, cast

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.urls import get_resolver

from config.bridge import Threads
from config.files import file_shares
from config.gate import App, BodyGate, Router
from config.wsgi import application as wsgi
from importers import memory
from importers.content.storage import STORAGE_CHUNK
from importers.receiving.senders import sender_of
from importers.receiving.upload_sender import UploadSender
from moves.imports.progress import socket

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

memory.hold_little()
_ = get_resolver().url_patterns  # imports every view now, not in somebody's first request


class Downloads(ASGIHandler):
    """Sends each chunk of a download as it is: cut into Django's pieces of 64 KiB, it would take a third longer."""

    chunk_size = 2 * STORAGE_CHUNK  # no chunk is larger


# Requests that wait for another server have threads on top of all others, so that they take nobody's.
SHARES = file_shares()
WORKERS = SHARES.threads + SHARES.uploads + settings.WHARF_PEER_CALLS
threads: Any = Threads(cast(Any, wsgi), workers=WORKERS, aside="/status")


async def sender(path: str, authorization: str) -> UploadSender | None:
    """Asks in a thread for whom an upload comes."""
    return await asyncio.get_running_loop().run_in_executor(threads.executor, _sender_of, path, authorization)


def _sender_of(path: str, authorization: str) -> UploadSender | None:
    try:
        return sender_of(path, authorization)
    finally:
        close_old_connections()


application = Router(
    socket.application(),
    cast(App, Downloads()),
    below=("/content/", "/move/exports/data/"),
    otherwise=BodyGate(threads, uploads_below="/import/", sender=sender, uploads=SHARES.uploads),
)
