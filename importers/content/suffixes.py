"""The suffix that the name of a file has by its type, the same on every machine, whatever its own list says."""

from functools import cache
from mimetypes import MimeTypes

# What people and their programs call those of which a list has several, or none (the newer ones of IANA's registry).
USUAL = {
    "application/mp4": ".mp4",
    "application/photoshop": ".psd",
    "application/x-photoshop": ".psd",
    "audio/aac": ".aac",
    "audio/flac": ".flac",
    "audio/m4a": ".m4a",
    "audio/mp3": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/x-flac": ".flac",
    "audio/x-m4a": ".m4a",
    "image/apng": ".apng",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/heic-sequence": ".heics",
    "image/heif": ".heif",
    "image/heif-sequence": ".heifs",
    "image/hej2k": ".hej2",
    "image/jp2": ".jp2",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/jpm": ".jpm",
    "image/jpx": ".jpx",
    "image/jxl": ".jxl",
    "image/mpo": ".mpo",
    "image/pjpeg": ".jpg",
    "image/psd": ".psd",
    "image/tif": ".tif",
    "image/tiff": ".tif",
    "image/vnd.adobe.photoshop": ".psd",
    "image/vnd.ms-photo": ".wdp",
    "image/webp": ".webp",
    "image/x-adobe-dng": ".dng",
    "image/x-bmp": ".bmp",
    "image/x-canon-cr2": ".cr2",
    "image/x-canon-cr3": ".cr3",
    "image/x-canon-crw": ".crw",
    "image/x-dng": ".dng",
    "image/x-epson-erf": ".erf",
    "image/x-fuji-raf": ".raf",
    "image/x-hasselblad-3fr": ".3fr",
    "image/x-icon": ".ico",
    "image/x-jpeg": ".jpg",
    "image/x-kodak-dcr": ".dcr",
    "image/x-minolta-mrw": ".mrw",
    "image/x-ms-bmp": ".bmp",
    "image/x-nikon-nef": ".nef",
    "image/x-olympus-orf": ".orf",
    "image/x-panasonic-raw": ".rw2",
    "image/x-panasonic-rw2": ".rw2",
    "image/x-pentax-pef": ".pef",
    "image/x-photoshop": ".psd",
    "image/x-png": ".png",
    "image/x-samsung-srw": ".srw",
    "image/x-sigma-x3f": ".x3f",
    "image/x-sony-arw": ".arw",
    "image/x-sony-sr2": ".sr2",
    "image/x-sony-srf": ".srf",
    "image/x-tga": ".tga",
    "image/x-tiff": ".tif",
    "image/x-webp": ".webp",
    "image/x-windows-bmp": ".bmp",
    "text/plain": ".txt",
    "video/3gp": ".3gp",
    "video/3gpp": ".3gp",
    "video/3gpp2": ".3g2",
    "video/avi": ".avi",
    "video/divx": ".avi",
    "video/flv": ".flv",
    "video/m2ts": ".m2ts",
    "video/m4v": ".m4v",
    "video/mkv": ".mkv",
    "video/mov": ".mov",
    "video/mp2t": ".mts",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpg",
    "video/msvideo": ".avi",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/vnd.avi": ".avi",
    "video/x-flv": ".flv",
    "video/x-m4v": ".m4v",
    "video/x-matroska": ".mkv",
    "video/x-ms-asf": ".asf",
    "video/x-ms-wmv": ".wmv",
    "video/x-quicktime": ".mov",
}

_types = MimeTypes()
MEDIA = ("image/", "video/")


def suffix_of(mime: str) -> str:
    """Returns the suffix with its dot; empty where the type is not known, or says nothing."""
    kind = mime.partition(";")[0].strip().lower()
    if kind == "application/octet-stream":
        return ""
    return USUAL.get(kind) or _types.guess_extension(kind, strict=False) or ""


def name_of_medium(name: str, mime: str) -> str:
    """Returns what the file of a photo or video of this type is called: its name, with the suffix of the type where it
    is a title, which ends like no picture and no video. Programs know these by their suffix."""
    _, dot, suffix = name.rpartition(".")
    return name if dot and _is_of_medium(f".{suffix.lower()}") else name + suffix_of(mime)


@cache
def _of_media() -> frozenset[str]:
    return frozenset(suffix for kind, suffix in USUAL.items() if kind.startswith(MEDIA))


def _is_of_medium(suffix: str) -> bool:
    guessed, _ = _types.guess_type(f"x{suffix}", strict=False)
    return suffix in _of_media() or (guessed or "").startswith(MEDIA)
