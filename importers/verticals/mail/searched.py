"""What is searched of a message beside its headers: how its text begins, which stands in its bytes."""

from collections.abc import Iterator
from contextlib import closing

from importers.content.storage import STORAGE_CHUNK
from importers.content.stored import open_at
from importers.models import Content
from importers.verticals.mail.parts import MessageParts

MOST_READ = 256 * 1024  # bytes of a message, which mostly has its text before what is attached


def text_of(content: Content) -> str:
    """Returns the first kilobytes of its text; nothing where its bytes are away, which `verify_storage` tells."""
    try:
        return MessageParts.read(_begin(content)).text
    except FileNotFoundError:
        return ""


def _begin(content: Content) -> Iterator[bytes]:
    left = min(content.size, MOST_READ)
    with closing(open_at(content.storage_key, 0, left)) as stored:
        while left > 0 and (chunk := stored.read(min(left, STORAGE_CHUNK))):
            left -= len(chunk)
            yield chunk
