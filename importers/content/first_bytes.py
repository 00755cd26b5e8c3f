"""What a file is by its first bytes, where nobody has said it: an exporter that doesn't know a file's type calls it
`application/octet-stream`, and its name may tell nothing either."""

import re

from importers.content import stored
from importers.content.stored import Incomplete
from importers.errors import SERVICE_ERRORS

ENOUGH = 64  # bytes
NOTHING = ("", "application/octet-stream", "binary/octet-stream", "application/unknown")  # types that tell nothing

# As the formats' own specifications have them; of ISO media files (ISO/IEC 14496-12) the first brand, or a compatible
# one behind it, tells.
BEGINNINGS = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), "video/vnd.avi"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/x-wav"),
    (re.compile(rb"II\*\0.{4}CR", re.DOTALL), "image/x-canon-cr2"),
    (re.compile(rb"II\*\0|MM\0\*"), "image/tiff"),
    (re.compile(rb"BM.{4}\0{4}.{3}\0", re.DOTALL), "image/bmp"),
    (re.compile(rb"\xff\x0a|\0{3}\x0cJXL \r\n\x87\n"), "image/jxl"),
    (re.compile(rb"\0{3}\x0cjP {2}\r\n\x87\n"), "image/jp2"),
    (re.compile(rb".{4}ftyp(avif|avis)", re.DOTALL), "image/avif"),
    (re.compile(rb".{4}ftyp(heic|heix|heim|heis)", re.DOTALL), "image/heic"),
    (re.compile(rb".{4}ftyp(hevc|hevx)", re.DOTALL), "image/heic-sequence"),
    (re.compile(rb".{4}ftyp(mif1|msf1).{4}(?:.{4})*?avif", re.DOTALL), "image/avif"),
    (re.compile(rb".{4}ftyp(mif1|msf1).{4}(?:.{4})*?hei[cx]", re.DOTALL), "image/heic"),
    (re.compile(rb".{4}ftyp(mif1|msf1)", re.DOTALL), "image/heif"),
    (re.compile(rb".{4}ftypcrx ", re.DOTALL), "image/x-canon-cr3"),
    (re.compile(rb".{4}ftypqt {2}", re.DOTALL), "video/quicktime"),
    (re.compile(rb".{4}(moov|mdat|wide|free)", re.DOTALL), "video/quicktime"),
    (re.compile(rb".{4}ftypM4A ", re.DOTALL), "audio/mp4"),
    (re.compile(rb".{4}ftypM4V ", re.DOTALL), "video/x-m4v"),
    (re.compile(rb".{4}ftyp3g2", re.DOTALL), "video/3gpp2"),
    (re.compile(rb".{4}ftyp3g", re.DOTALL), "video/3gpp"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{,40}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "video/x-matroska"),
    (re.compile(rb"FLV\x01"), "video/x-flv"),
    (re.compile(rb"\0{2}\x01[\xba\xb3]"), "video/mpeg"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "video/x-ms-asf"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"ID3"), "audio/mpeg"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)


def mime_of(said: str, begin: bytes) -> str:
    """Returns the MIME type that was said of a file; where that tells nothing, the one that its first bytes have."""
    if said.partition(";")[0].strip().lower() not in NOTHING:
        return said
    return next((mime for pattern, mime in BEGINNINGS if pattern.match(begin)), said)


def mime_of_stored(said: str, key: str, size: int) -> str:
    """Returns the same of stored bytes. What can't be read tells nothing: whoever needs all of it says that it is
    gone."""
    if said.partition(";")[0].strip().lower() not in NOTHING:
        return said
    try:
        return mime_of(said, stored.read_at(key, 0, min(size, ENOUGH)))
    except (Incomplete, *SERVICE_ERRORS):
        return said


def is_drawable(begin: bytes) -> bool:
    """Returns whether a file that begins so may be a picture or a video, whatever was said of it. A drawing of lines,
    as SVG is, is neither: it may hold a program."""
    return mime_of("", begin).startswith(("image/", "video/"))
