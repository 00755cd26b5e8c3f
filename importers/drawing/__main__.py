"""Draws what it is asked for until its socket ends."""

import json
import os
import socket
import sys
from dataclasses import asdict
from typing import Any

from PIL.Image import DecompressionBombError

from importers.drawing import bounds, pictures, videos
from importers.drawing.errors import DrawingOutcome, Undrawable

LONGEST_REQUEST = 4096  # bytes


def main() -> None:
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    bounds.bind(memory)
    line = socket.socket(fileno=os.dup(0))
    while True:
        said, files, _, _ = socket.recv_fds(line, LONGEST_REQUEST, 1)
        if not said or not files:
            return
        bounds.die_after(seconds)
        answer, pictures = _draw(json.loads(said), files[0])
        bounds.die_after(0)
        line.sendall(json.dumps(answer).encode() + b"\n" + b"".join(pictures))


def _draw(asked: dict[str, Any], descriptor: int) -> tuple[dict[str, Any], list[bytes]]:
    """Returns what came of a file, and the thumbnails that were asked for, in that order."""
    try:
        with os.fdopen(descriptor, "rb") as file:
            return _drawn(file, asked)
    except Undrawable as reason:
        return {"outcome": reason.outcome}, []
    except (MemoryError, DecompressionBombError):
        return {"outcome": DrawingOutcome.TOO_LARGE}, []
    except Exception as error:  # noqa: BLE001  (decoders raise whatever they like, and what they decode is anybody's)
        return {"outcome": DrawingOutcome.BROKEN, "why": f"{type(error).__name__}: {error}"[:200]}, []


def _drawn(file: Any, asked: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    sizes: list[int] = asked["sizes"]
    read = videos.read if asked["mime"].startswith("video/") else pictures.read
    image, said = read(file, asked["mime"], max(sizes), asked["most_pixels"])
    made = [pictures.webp(image, edge) for edge in sizes]
    answer = {
        "outcome": DrawingOutcome.MADE,
        "facts": asdict(said),
        "thumbnails": [{"bytes": len(picture), "width": width, "height": height} for picture, width, height in made],
    }
    return answer, [picture for picture, _, _ in made]


if __name__ == "__main__":
    main()
