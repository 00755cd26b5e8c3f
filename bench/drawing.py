"""`python -m bench.drawing NUMBER`: the thumbnails of that many photos of 12 megapixels, on a data folder of its own.

Prints the seconds from the first to the last one, those for which the child worked, the bytes by which this process
grew, the most bytes that its child had in memory, those of a photo, and those of its three thumbnails.
"""

import io
import sys
import time
import zlib
from hashlib import sha256
from pathlib import Path

import django

django.setup()

import psutil  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.db.models import Sum  # noqa: E402
from PIL import Image  # noqa: E402

from bench.memory import OwnGrowth  # noqa: E402
from importers.models import Content, Thumbnail  # noqa: E402
from importers.models.content import new_storage_key  # noqa: E402
from importers.thumbnails import job  # noqa: E402

WIDTH, HEIGHT = 4000, 3000
QUALITY = 90


def fill(number: int) -> int:
    """Stores photos, as if they had come. Returns how many bytes each has."""
    photo = _photo()
    for one in range(number):
        body, key = photo + one.to_bytes(4), new_storage_key()  # behind a picture's end nobody reads
        default_storage.save(key, ContentFile(body))
        Content.objects.create(sha256=sha256(body).hexdigest(), crc32=zlib.crc32(body), size=len(body), storage_key=key)
    return len(photo)


def _photo() -> bytes:
    """A picture with large shapes and fine grain, which a JPEG takes about as many bytes for as for a real one."""
    grain = Image.effect_noise((WIDTH, HEIGHT), 12)
    shapes = [Image.effect_noise((WIDTH // 50, HEIGHT // 50), 90).resize((WIDTH, HEIGHT)) for _ in range(3)]
    image = Image.merge("RGB", [Image.blend(shape, grain, 0.4) for shape in shapes])
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def peak_of(child: psutil.Process) -> int:
    """The most bytes that it has had in memory (proc(5), `VmHWM`)."""
    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def worked(child: psutil.Process) -> float:
    """Seconds of a processor that it has had."""
    times = child.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    size = fill(int(sys.argv[1]) + 1)
    pieces = (piece for piece in job.pieces() if piece.made)
    next(pieces)  # so that this process and its child are warm
    (child,) = psutil.Process().children()
    growth, began, had = OwnGrowth(), time.perf_counter(), worked(child)
    peak = work = 0.0
    for _ in pieces:
        peak, work = peak_of(child), worked(child) - had
    took = time.perf_counter() - began
    drawn = Thumbnail.objects.filter(size="small").count()
    kept = Thumbnail.objects.aggregate(bytes=Sum("bytes"))["bytes"] // drawn
    if Content.objects.exclude(drawn="made").exists():
        raise SystemExit("not all were drawn")
    print(took, work, growth.bytes, peak, size, kept)


if __name__ == "__main__":
    main()
