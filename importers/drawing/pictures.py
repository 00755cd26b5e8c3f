"""Thumbnails of a picture, by Pillow; of those that phones of Apple take, by pillow-heif."""

import io
from functools import cache
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps
from PIL.Image import Resampling

from importers.drawing import facts
from importers.drawing.errors import DrawingOutcome, Undrawable
from importers.drawing.facts import PictureFacts

# What a file begins with decides which decoders it meets, and no other one: not, say, that of PostScript.
FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/tiff": ("TIFF",),
    "image/bmp": ("BMP",),
    "image/jp2": ("JPEG2000",),
    "image/avif": ("AVIF",),
    "image/heic": ("HEIF",),
    "image/heic-sequence": ("HEIF",),
    "image/heif": ("HEIF",),
}
PALETTES = ("P", "PA")
MOST_TO_CONVERT = 16_000_000  # pixels of one with a palette; four times its memory is taken when it gets colours
MOST_FOR_QUALITY = 50_000_000  # pixels of one for whose better reduction there is memory
WITH_ALPHA = ("RGBA", "LA", "La", "RGBa", "PA")
QUALITY, EFFORT = 80, 2  # of WebP


def read(file: IO[bytes], mime: str, edge: int, most_pixels: int) -> tuple[Image.Image, PictureFacts]:
    """Returns a picture, upright, in sRGB and at most `edge` pixels wide and high, and what it says of itself. Of one
    that moves it is the first frame. Raises `Undrawable`, and whatever Pillow raises."""
    formats = FORMATS.get(mime)
    if formats is None or (formats == ("HEIF",) and not _has_heif()):
        raise Undrawable(DrawingOutcome.UNSUPPORTED)
    Image.MAX_IMAGE_PIXELS = most_pixels // 2  # Pillow warns of more than that, and raises at twice as many
    with Image.open(file, formats=formats) as image:
        if image.width * image.height > most_pixels:
            raise Undrawable(DrawingOutcome.TOO_LARGE)
        said = facts.of_exif(image.getexif(), image.width, image.height, image.info.get("original_orientation") or 0)
        scale = edge / max(image.size)
        # A JPEG is decoded at a fraction of its size, if that is this large.
        image.draft(None, (int(image.width * scale), int(image.height * scale)))
        plain = _with_colours(image, edge)
        gap = 1.0 if image.width * image.height > MOST_FOR_QUALITY else 2.0
        plain.thumbnail((edge, edge), Resampling.LANCZOS, reducing_gap=gap)
        ImageOps.exif_transpose(plain, in_place=True)
        return _in_srgb(plain), said


def webp(image: Image.Image, edge: int) -> tuple[bytes, int, int]:
    """Returns a picture as WebP, at most `edge` pixels wide and high, without anything but its pixels, and how wide and
    high it is."""
    small = image.copy()
    small.thumbnail((edge, edge), Resampling.LANCZOS, reducing_gap=2.0)
    written = io.BytesIO()
    small.save(written, "WEBP", quality=QUALITY, method=EFFORT, icc_profile=b"", exif=b"", xmp=b"")
    return written.getvalue(), small.width, small.height


@cache
def _has_heif() -> bool:
    """Whether pillow-heif is there: an operator may do without it."""
    try:
        import pillow_heif
    except ImportError:
        return False
    said: Any = pillow_heif.options
    said.DECODE_THREADS, said.THUMBNAILS, said.DEPTH_IMAGES, said.AUX_IMAGES = 1, False, False, False
    pillow_heif.register_heif_opener()
    return True


def _with_colours(image: Image.Image, edge: int) -> Image.Image:
    """Returns a picture that can be made smaller: colours instead of a palette, eight bits of each instead of more."""
    if image.mode in PALETTES:
        if image.width * image.height > MOST_TO_CONVERT:
            image.thumbnail((2 * edge, 2 * edge), Resampling.NEAREST)
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return _eight_bits(image, 0, 65535)
    if image.mode in ("I", "F"):
        low, high = image.getextrema()
        return _eight_bits(image, float(low), float(high))  # type: ignore[arg-type]  # of one band
    image.load()
    return image


def _eight_bits(image: Image.Image, low: float, high: float) -> Image.Image:
    """Returns a grey picture whose values from `low` to `high` are 0 to 255."""
    scale = 255 / (high - low) if high > low else 0
    floats = image.convert("F")
    grey = floats.point(lambda value: value * scale + (0.5 - low * scale)).convert("L")
    grey.info = dict(image.info)
    return grey


def _in_srgb(image: Image.Image) -> Image.Image:
    """Returns a picture with the colours that its profile means, so that it needs none."""
    if image.mode in ("L", "RGB", "RGBA", "CMYK") and (profile := image.info.get("icc_profile")):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, found, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass  # a profile that can't be read says nothing
        else:
            if converted is not None:
                return converted
    has_alpha = image.mode in WITH_ALPHA or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")
