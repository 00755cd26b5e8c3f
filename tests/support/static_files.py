"""Static files of a server that has collected none."""

import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders

App = Callable[[Any, Any, Any], Awaitable[None]]


class StaticFilesFirst:
    """An ASGI application that answers for static files, from where they were written; all else goes to another one.
    A browser may keep them, as those that were collected, or it would read each of them anew with every page."""

    def __init__(self, application: App) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        prefix = f"/{settings.STATIC_URL.strip('/')}/"
        if scope["type"] == "http" and scope["path"].startswith(prefix):
            found = finders.find(scope["path"].removeprefix(prefix))
            if found:
                path = Path(str(found))
                media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                headers = [(b"content-type", media_type.encode()), (b"cache-control", b"max-age=3600")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": path.read_bytes()})
                return
        await self.application(scope, receive, send)
