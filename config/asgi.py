"""The server's one application, and the ways behind it.

WebSockets go to Channels. Downloads go to Django's ASGI handler, whose async iterators stop when the client leaves.
Everything else goes to its WSGI handler through a2wsgi, which gives a view the socket's stream; Django's ASGI handler
would spool every body first.
"""

import asyncio
import os
from typing import Any, cast

from django.conf import settings
from django.db import close_old_connections
from django.urls import get_resolver

from accounts import answering
from config.bridge import Threads
from config.downloads import Downloads
from config.files import file_shares
from config.gate import App, BodyGate, Router
from config.wsgi import application as wsgi
from importers import errors, memory
from importers.content.spool_file import remove_left
from importers.live import socket
from importers.live.pages import ComingSocket
from importers.pages.coming import LIVE
from importers.receiving.senders import sender_of
from importers.receiving.upload_sender import UploadSender
from moves.imports.progress.page import REALTIME
from moves.imports.progress.socket import Importing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

answering.serve(settings.WHARF_ANSWER_WITHIN)
memory.hold_little()
remove_left()
_ = get_resolver().url_patterns  # imports every view now, not in somebody's first request


# Requests that wait for another server have threads on top of all others, so that they take nobody's.
SHARES = file_shares()
WORKERS = SHARES.threads + SHARES.uploads + settings.WHARF_PEER_CALLS
threads: Any = Threads(cast(Any, wsgi), workers=WORKERS, aside=("/status", "/status/ready"))


async def sender(path: str, authorization: str) -> UploadSender | None:
    """Asks in a thread for whom an upload comes."""
    return await asyncio.get_running_loop().run_in_executor(threads.executor, _sender_of, path, authorization)


def _sender_of(path: str, authorization: str) -> UploadSender | None:
    try:
        with answering.answered_in(answering.AnswerTime(settings.WHARF_ANSWER_WITHIN)):
            return sender_of(path, authorization)
    finally:
        close_old_connections()


def refusal_of(error: Exception) -> errors.Refusal:
    """Returns what is answered for an exception, whatever it is."""
    return errors.as_refusal(error) or errors.server_error()


application = Router(
    socket.application({REALTIME: Importing, LIVE: ComingSocket}),
    cast(App, Downloads()),
    below=("/content/", "/formats/", "/lists/", "/move/exports/data/"),
    otherwise=BodyGate(threads, uploads_below="/import/", sender=sender, uploads=SHARES.uploads, refusal_of=refusal_of),
)
