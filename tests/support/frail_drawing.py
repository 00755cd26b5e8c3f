"""`python -m tests.support.frail_drawing MEMORY SECONDS`: the program that draws, with faults that decoders may have.

What a picture does to it, its width says.
"""

import ctypes
from typing import IO

from PIL.Image import Image

from importers.drawing import __main__ as program
from importers.drawing import pictures
from importers.drawing.facts import PictureFacts

CRASHES, HANGS, IS_GREEDY = 111, 112, 113  # pixels

_read = pictures.read


def _frail(file: IO[bytes], mime: str, edge: int, most_pixels: int) -> tuple[Image, PictureFacts]:
    image, said = _read(file, mime, edge, most_pixels)
    if said.width == CRASHES:
        ctypes.string_at(0)
    if said.width == HANGS:
        while True:
            pass
    if said.width == IS_GREEDY:
        bytearray(512 * 1024 * 1024)
    return image, said


if __name__ == "__main__":
    pictures.read = _frail
    program.main()
