"""`python -m tests.support.dying TOKEN BOUNDARY BODY...`: sends files to the application, each in a process of its own,
which kills itself at one moment of its work. BODY is a file with the request's body, named after that moment.
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django
from django.test import Client
from django.urls import get_resolver

from importers.receiving.whole_body import WholeBody

# What is about to be called.
MOMENTS = {
    "a key": "importers.content.prepared_keys.PreparedKeys.take",
    "its bytes": "importers.content.storage.os.write",
    "its sync": "importers.content.storage._Writeback.__exit__",
    "its transaction": "importers.content.uploads.StoredUpload",
    "its holding": "importers.content.uploads.Holding",
    "its record": "importers.verticals.blobs.items.records.create",
    "its count": "importers.transfers.transfer.count_answer",
    "its answer": "importers.receiving.views.Response",
}
COMMITTED = ("its answer",)


def held(body: bytes) -> dict[str, Any]:
    """Returns what tells a view that all of a small body is there, as the server does."""
    return {"wsgi.input": WholeBody(body)}


def die_at(moment: str) -> None:
    path, _, name = MOMENTS[moment].rpartition(".")
    owner: Any = None
    for part in path.split("."):
        owner = getattr(owner, part, None) or importlib.import_module(f"{owner.__name__}.{part}" if owner else part)
    setattr(owner, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))


def main() -> None:
    django.setup()
    _ = get_resolver().url_patterns  # imports every view once, and not as it dies
    token, boundary, *bodies = sys.argv[1:]
    for body in map(Path, bodies):
        if not (child := os.fork()):
            die_at(body.name)
            bytes_of_body = body.read_bytes()
            Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION=f"Bearer {token}").post(
                "/import/blobs",
                bytes_of_body,
                content_type=f"multipart/related; boundary={boundary}",
                **held(bytes_of_body),
            )
            os._exit(0)
        _, ended = os.waitpid(child, 0)
        if ended != signal.SIGKILL:
            raise SystemExit(f"{body.name} did not come to pass")


if __name__ == "__main__":
    main()
