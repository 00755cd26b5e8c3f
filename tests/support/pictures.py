"""Pictures and videos as people have them, and as attackers send them: made here, of four fields of colour.

Upright, the first field is red, the one to its right green, the one below it blue, and the last one white.
"""

import io
import os
import struct
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import av
import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()

WIDTH, HEIGHT = 640, 480
FIELDS = {(0.25, 0.25): (255, 0, 0), (0.75, 0.25): (0, 160, 0), (0.25, 0.75): (0, 0, 255), (0.75, 0.75): (255,) * 3}
# What has to be done with an upright picture, so that a viewer that reads the orientation shows it upright again.
LAID = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}
TAKEN, OFFSET = "2021:07:14 23:30:00", "+02:00"
LATITUDE, LONGITUDE = 38.7077, -9.1365


def fields(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """The picture itself."""
    image = Image.new("RGB", (width, height))
    for (x, y), colour in FIELDS.items():
        left, top = round((x - 0.25) * width), round((y - 0.25) * height)
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image


def written(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def jpeg(width: int = WIDTH, height: int = HEIGHT, **options: Any) -> bytes:
    return written(fields(width, height), "JPEG", **options)


@cache
def every_kind() -> dict[str, bytes]:
    """One of each kind that phones, cameras, scanners and the web make."""
    image = fields()
    transparent = image.convert("RGBA")
    transparent.putalpha(200)
    frames = [image.convert("P"), Image.new("P", image.size, 3)]
    return {
        "a.jpg": jpeg(),
        "progressive.jpg": jpeg(progressive=True),
        "cmyk.jpg": written(image.convert("CMYK"), "JPEG", quality=95),
        "wide.jpg": written(
            image, "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        ),
        "a.png": written(image, "PNG"),
        "palette.png": written(image.quantize(8), "PNG"),
        "transparent.png": written(transparent, "PNG"),
        "sixteen.png": png_of_sixteen_bits(),
        "moving.gif": written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0),
        "a.webp": written(image, "WEBP"),
        "a.tif": written(image, "TIFF", compression="tiff_lzw"),
        "a.bmp": written(image, "BMP"),
        "a.avif": written(image, "AVIF"),
        "a.jp2": written(image, "JPEG2000"),
        "phone.heic": written(image, "HEIF", quality=80),
        "a.mp4": video("mp4", "libx264"),
        "a.mov": video("mov", "libx264"),
        "a.webm": video("webm", "libvpx"),
        "a.avi": video("avi", "mpeg4"),
    }


def grey_of_sixteen_bits() -> bytes:
    """A grey PNG from black to white, from left to right: Pillow reads its values as they are, up to 65535."""
    rows = [b"\0" + b"".join(struct.pack(">H", x * 65535 // (WIDTH - 1)) for x in range(WIDTH))] * HEIGHT
    return _png(0, b"".join(rows))


def png_of_sixteen_bits() -> bytes:
    """The fields, with 16 bits of each colour."""
    pixels = fields().tobytes()
    rows = [pixels[3 * WIDTH * y : 3 * WIDTH * (y + 1)] for y in range(HEIGHT)]
    return _png(2, b"".join(b"\0" + b"".join(bytes((value, value)) for value in row) for row in rows))


def _png(colours: int, rows: bytes) -> bytes:
    def chunk(name: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def laid(orientation: int) -> bytes:
    """A JPEG as a camera that was held so writes it."""
    image = fields()
    for step in LAID[orientation]:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(image, "JPEG", exif=exif)


def from_a_phone(form: str = "JPEG") -> bytes:
    """A picture that says when and where it was taken, by which camera, and how it lay."""
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "Secret Camera", 6
    exif.get_ifd(0x8769).update({0x9003: TAKEN, 0x9011: OFFSET})
    place = {1: "N", 2: _sexagesimal(LATITUDE), 3: "W", 4: _sexagesimal(-LONGITUDE)}
    exif.get_ifd(0x8825).update(place)
    return written(fields().transpose(Image.Transpose.ROTATE_90), form, exif=exif.tobytes())


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    minutes = (degrees % 1) * 60
    return float(int(degrees)), float(int(minutes)), round((minutes % 1) * 60, 3)


def video(
    form: str = "mp4", codec: str = "libx264", *, noise: bool = False, metadata: Mapping[str, str] | None = None
) -> bytes:
    """Two seconds, black at first, and then the fields; `noise`: of which the most can't be packed."""
    file = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if form in ("mp4", "mov") else {}
    with av.open(file, "w", format=form, options=options) as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(codec, rate=12)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 240, "yuv420p", 6
        stream.bit_rate = 4_000_000 if noise else 400_000
        shown = fields(320, 240)
        for number in range(24):
            image = Image.new("RGB", shown.size) if number < 2 else shown.copy()
            if noise:
                image.paste(Image.frombytes("L", (320, 20), os.urandom(6400)), (0, 110))
            frame: Any = av.VideoFrame
            container.mux(stream.encode(frame.from_image(image)))
        container.mux(stream.encode(None))
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of 900 million pixels in a hundred kilobytes."""
    width = height = 30_000
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width // 8 + 1)) for _ in range(height)) + packer.flush()

    def chunk(name: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
