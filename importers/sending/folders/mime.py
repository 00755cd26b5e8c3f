"""MIME types by the names of files: the same on every machine, whatever its own list says."""

from mimetypes import MimeTypes

from importers.rubbish import is_rubbish

OCTET_STREAM = "application/octet-stream"
_MORE = {
    ".3gp": "video/3gpp",
    ".avif": "image/avif",
    ".cr2": "image/x-canon-cr2",
    ".dng": "image/x-adobe-dng",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".ical": "text/calendar",
    ".icalendar": "text/calendar",
    ".ics": "text/calendar",
    ".jxl": "image/jxl",
    ".m2ts": "video/mp2t",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".mts": "video/mp2t",
    ".nef": "image/x-nikon-nef",
    ".vcard": "text/vcard",
    ".vcs": "text/x-vcalendar",
    ".webp": "image/webp",
}
_DRAWINGS = frozenset({"image/svg+xml", "image/vnd.microsoft.icon"})  # images, but nobody's photos
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

_types = MimeTypes()
for _suffix, _type in _MORE.items():
    _types.add_type(_type, _suffix)


def mime_type(name: str) -> str:
    """The MIME type that a file's name stands for; `application/octet-stream` if it says nothing."""
    if is_rubbish(name):  # which may be called like a photo: `._IMG_1.jpg` has no pixels
        return OCTET_STREAM
    guess, compression = _types.guess_type(f"/{name}", strict=False)  # with a slash, or a colon would make it a URL
    if compression:
        return _COMPRESSED.get(compression, OCTET_STREAM)
    return guess or OCTET_STREAM


def is_photo_or_video(name: str) -> bool:
    """True for what belongs into an album."""
    kind = mime_type(name)  # which is unknown for what a system made
    return kind.startswith(("image/", "video/")) and kind not in _DRAWINGS
