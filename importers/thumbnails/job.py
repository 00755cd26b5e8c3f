"""The job that draws what has still to be drawn: it can be killed anywhere, and goes on from there.

What has to be drawn the database says: content comes with a mark if its first bytes are those of a picture or a
video, and content from before there were thumbnails has the mark as well. The newest is drawn first, so that a person
sees what just came, however much waits. One child at a time draws on a machine, and lives for one run.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import waking
from importers.content import stored
from importers.content.first_bytes import ENOUGH, is_drawable, mime_of
from importers.content.stored import Incomplete
from importers.errors import SERVICE_ERRORS
from importers.models import Content, Picture
from importers.models.content import Drawn
from importers.thumbnails import keeping
from importers.thumbnails.drawer import Drawer, DrawerDied
from importers.thumbnails.originals import original
from importers.waking import MAKE_THUMBNAILS

log = logging.getLogger("wharf.thumbnails")

SEEN_AT_ONCE = 100  # that are looked for at a time
DRAWN_AT_ONCE = 16  # before it is looked whether something has come meanwhile
NO_PICTURE, AWAY = "", "away"  # instead of a type
MOST_CRASHES = 2
HANDS_OFF = timedelta(
    minutes=2
)  # after which one that a worker has begun is another one's; more than the child is given
FAILED = (Drawn.BROKEN, Drawn.TOO_LARGE, Drawn.UNSUPPORTED, Drawn.CRASHED)
AGAIN_LATER = timedelta(hours=1)  # when something is tried again that the storage does not give


@dataclass(frozen=True)
class DrawnPiece:
    """What was done at once: how many files were looked at, and how many of them have thumbnails now."""

    seen: int
    made: int


def due() -> QuerySet[Content]:
    """Returns the content that has to be drawn, by whomever it is held."""
    return Content.objects.filter(to_draw=True, unneeded_since=None)


def _free() -> QuerySet[Content]:
    """Returns that of it which nobody has in hand."""
    return due().filter(Q(picture=None) | Q(picture__busy_until=None) | Q(picture__busy_until__lt=timezone.now()))


def run(seconds: float) -> DrawnPiece:
    """Draws for about so long, unless somebody on this machine does already. Returns what was done."""
    until, seen, made = time.monotonic() + seconds, 0, 0
    while settings.WHARF_THUMBNAILS and time.monotonic() < until and _free().exists():
        with alone(wait=False) as is_alone:
            if not is_alone:
                break  # whoever is at work looks again when its child has ended
            for piece in pieces():
                seen, made = seen + piece.seen, made + piece.made
                if time.monotonic() > until:
                    break
    return DrawnPiece(seen, made)


def look() -> None:
    """Wakes a worker, if something waits that could be drawn now."""
    if settings.WHARF_THUMBNAILS and _free().exists():
        waking.tell(MAKE_THUMBNAILS)


def begin_again(*, only_failed: bool) -> None:
    """Lets everything be drawn anew that has been looked at; or only what came to nothing, as when a decoder has been
    added, or mended."""
    seen = Content.objects.filter(drawn__in=FAILED if only_failed else [*FAILED, Drawn.MADE], to_draw=False)
    Picture.objects.filter(content__in=seen).update(tries=0, busy_until=None)
    seen.update(to_draw=True)


@contextmanager
def alone(*, wait: bool) -> Iterator[bool]:
    """Yields whether nobody else on this machine draws meanwhile. `wait`: until that is so."""
    descriptor = os.open(Path(settings.WHARF_DATA_DIR) / "drawing.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def pieces() -> Iterator[DrawnPiece]:
    """Draws everything, and yields after some files. Its child lives until the iterator ends, or is closed."""
    with Drawer() as drawer:
        while some := list(_free().order_by("-pk")[:SEEN_AT_ONCE]):
            types = {content: _type(content) for content in some}
            others = [content.pk for content, mime in types.items() if mime == NO_PICTURE]
            Content.objects.filter(pk__in=others).update(to_draw=False, drawn=Drawn.NOTHING)
            yield DrawnPiece(len(others), 0)
            to_draw = [(content, mime) for content, mime in types.items() if mime not in (NO_PICTURE, AWAY)]
            for content, mime in to_draw[:DRAWN_AT_ONCE]:
                yield DrawnPiece(1, _draw(drawer, content, mime))


def _type(content: Content) -> str:
    """What type its first bytes are of."""
    try:
        begin = stored.read_at(content.storage_key, 0, min(content.size, ENOUGH))
    except (FileNotFoundError, Incomplete):
        return _put_off(content)
    return mime_of("", begin) if is_drawable(begin) else NO_PICTURE


def _put_off(content: Content) -> str:
    """Its bytes are not there, which `verify_storage` tells: they may be brought back."""
    log.warning("content %s is not there to be drawn", content.pk)
    later = {"tries": 0, "busy_until": timezone.now() + AGAIN_LATER}
    Picture.objects.update_or_create(content_id=content.pk, defaults=later)
    return AWAY


def _draw(drawer: Drawer, content: Content, mime: str) -> bool:
    """Draws one file. Returns whether it has thumbnails now. Raises what storage and database raise."""
    tries = _take_in_hand(content)
    if not tries:
        return False
    try:
        if tries > MOST_CRASHES:
            log.warning("content %s is drawn no more: it has ended what draws it %s times", content.pk, MOST_CRASHES)
            keeping.give_up(content, Drawn.CRASHED)
            return False
        with original(content) as file:
            drawing = drawer.draw(file, mime)
        if drawing.why:
            log.info("content %s can't be drawn: %s", content.pk, drawing.why)
        keeping.keep(content, drawing)
        return drawing.outcome is Drawn.MADE
    except DrawerDied as died:
        log.warning("content %s has ended what draws it: %s", content.pk, died)
        Picture.objects.filter(pk=content.pk).update(busy_until=None)
    except keeping.Collected:
        pass
    except (FileNotFoundError, Incomplete):
        _put_off(content)
    except SERVICE_ERRORS:  # which are no fault of the file
        Picture.objects.filter(pk=content.pk).update(tries=tries - 1, busy_until=None)
        raise
    return False


def _take_in_hand(content: Content) -> int:
    """Takes some content in hand, before anybody else does. Returns which try it is; 0 where another one was first.

    A try counts before it begins: whatever ends the child, or this process with it, does not do so for ever.
    """
    now = timezone.now()
    made, _ = Picture.objects.get_or_create(content_id=content.pk)
    free = Picture.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), pk=made.pk, tries=made.tries)
    return made.tries + 1 if free.update(tries=F("tries") + 1, busy_until=now + HANDS_OFF) else 0
