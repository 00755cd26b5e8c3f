"""A frame of a video, by PyAV, and when and where it was taken."""

from typing import IO, Any

from PIL import Image

from importers.drawing import facts
from importers.drawing.errors import DrawingOutcome, Undrawable
from importers.drawing.facts import PictureFacts

# Which demuxer of FFmpeg a file meets follows from what it begins with, and no other one does: some follow links.
DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/x-m4v": "mov",
    "video/3gpp": "mov",
    "video/3gpp2": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/vnd.avi": "avi",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-asf": "asf",
}
AT = 1.0  # seconds from the beginning, where most videos are no longer black
MOST_FRAMES = 150  # that are decoded to get there


def read(file: IO[bytes], mime: str, edge: int, most_pixels: int) -> tuple[Image.Image, PictureFacts]:
    """Returns a frame, upright and at most `edge` pixels wide and high, and what the video says of itself. Raises
    `Undrawable`, and whatever PyAV raises."""
    demuxer = DEMUXERS.get(mime)
    if demuxer is None:
        raise Undrawable(DrawingOutcome.UNSUPPORTED)
    try:
        import av
    except ImportError:  # an operator may do without it
        raise Undrawable(DrawingOutcome.UNSUPPORTED) from None
    av.logging.set_level(None)
    container: Any
    with av.open(file, format=demuxer, options={"protocol_whitelist": "none"}) as container:
        if not container.streams.video:
            raise Undrawable(DrawingOutcome.NOTHING)
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        if stream.codec_context.width * stream.codec_context.height > most_pixels:
            raise Undrawable(DrawingOutcome.TOO_LARGE)
        seconds = container.duration / av.time_base if container.duration else None
        frame = _frame(container.decode(stream), min(AT, (seconds or 0) / 10))
        size = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
        said = facts.of_video(dict(container.metadata), *size, seconds)
        return _upright(_image(frame, edge), frame.rotation), said


def _frame(frames: Any, at: float) -> Any:
    """The first frame that is shown `at` so many seconds or later; the last one that can be decoded."""
    found, first = None, 0.0
    try:
        for number, frame in enumerate(frames):
            if not number:
                first = frame.time or 0.0
            found = frame
            if (frame.time or 0.0) - first >= at or number >= MOST_FRAMES:
                break
    except OSError:  # it is cut, as a copy that broke off is
        if found is None:
            raise
    if found is None:
        raise Undrawable(DrawingOutcome.BROKEN)
    return found


def _image(frame: Any, edge: int) -> Image.Image:
    scale = min(1.0, edge / max(frame.width, frame.height))
    size = {"width": max(1, round(frame.width * scale)), "height": max(1, round(frame.height * scale))}
    found: Image.Image = frame.reformat(**size, format="rgb24").to_image()
    return found


def _upright(image: Image.Image, rotation: int) -> Image.Image:
    """`rotation`: degrees, counter-clockwise, by which a player turns it."""
    return image.rotate(rotation, expand=True) if rotation % 360 else image
