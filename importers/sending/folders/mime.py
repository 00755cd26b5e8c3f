"""MIME types by the names of files: the same on every machine, whatever its own list says."""

import re
from mimetypes import MimeTypes

OCTET_STREAM = "application/octet-stream"
_MORE = {
    ".3gp": "video/3gpp",
    ".avif": "image/avif",
    ".cr2": "image/x-canon-cr2",
    ".dng": "image/x-adobe-dng",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".ics": "text/calendar",
    ".jxl": "image/jxl",
    ".m2ts": "video/mp2t",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".mts": "video/mp2t",
    ".nef": "image/x-nikon-nef",
    ".webp": "image/webp",
}
_DRAWINGS = frozenset({"image/svg+xml", "image/vnd.microsoft.icon"})  # images, but nobody's photos
# What systems leave beside people's files, which may be called like one of them: `._IMG_1.jpg` has no pixels.
_OF_SYSTEMS = frozenset(
    (".ds_store", ".localized", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", ".directory")
    + ("zbthumbnail.info", ".picasa.ini", "picasa.ini", ".fuse_hidden")
    + ("__macosx", ".appledouble", "@eadir", ".thumbnails", ".thumb", ".spotlight-v100", ".fseventsd")
    + (".temporaryitems", ".documentrevisions-v100", "system volume information")
    + (".trashes", ".trash", "$recycle.bin", "recycler", "recycled", "#recycle", "@recycle", ".recycle")  # bins
)
_BIN_OF_A_VOLUME = re.compile(r"\.trash-\d+")  # of a user by number (freedesktop.org's specification of trash)
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

_types = MimeTypes()
for _suffix, _type in _MORE.items():
    _types.add_type(_type, _suffix)


def mime_type(name: str) -> str:
    """The MIME type that a file's name stands for; `application/octet-stream` if it says nothing."""
    if is_of_a_system(name):
        return OCTET_STREAM
    guess, compression = _types.guess_type(f"/{name}", strict=False)  # with a slash, or a colon would make it a URL
    if compression:
        return _COMPRESSED.get(compression, OCTET_STREAM)
    return guess or OCTET_STREAM


def is_of_a_system(path: str) -> bool:
    """Whether a system made it, for itself; so says its name, or that of a folder that it is in."""
    names = path.lower().split("/")
    if names[-1].startswith("._") or not _OF_SYSTEMS.isdisjoint(names):
        return True
    return any(_BIN_OF_A_VOLUME.fullmatch(name) for name in names)


def is_photo_or_video(name: str) -> bool:
    """True for what belongs into an album."""
    kind = mime_type(name)  # which is unknown for what a system made
    return kind.startswith(("image/", "video/")) and kind not in _DRAWINGS
