"""The suffix that the name of a file has by its type, the same on every machine, whatever its own list says."""

from mimetypes import MimeTypes

# What people and their programs call those of which a list has several, or none (the newer ones of IANA's registry).
USUAL = {
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/heic-sequence": ".heics",
    "image/heif": ".heif",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/jxl": ".jxl",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "image/x-adobe-dng": ".dng",
    "image/x-canon-cr2": ".cr2",
    "image/x-canon-cr3": ".cr3",
    "image/x-nikon-nef": ".nef",
    "image/x-sony-arw": ".arw",
    "text/plain": ".txt",
    "video/3gpp": ".3gp",
    "video/3gpp2": ".3g2",
    "video/mp2t": ".mts",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpg",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/x-m4v": ".m4v",
    "video/x-matroska": ".mkv",
    "video/x-ms-wmv": ".wmv",
}

_types = MimeTypes()


def suffix_of(mime: str) -> str:
    """Returns the suffix with its dot; empty where the type is not known, or says nothing."""
    kind = mime.partition(";")[0].strip().lower()
    if kind == "application/octet-stream":
        return ""
    return USUAL.get(kind) or _types.guess_extension(kind, strict=False) or ""
