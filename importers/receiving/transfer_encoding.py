"""Content-Transfer-Encoding (RFC 2045, section 6): the bytes that a part of a body stands for, as they come."""

import binascii
import re
from collections.abc import Callable, Iterator

from accounts.texts import kept_text
from importers import errors

Chunks = Iterator[memoryview]

MAX_BLANKS = 64 * 1024  # bytes of white space in one run of quoted-printable, which can't be told before its end
MAX_COMMENTS = 100
BASE64_GOES_ON = kept_text("A part in base64 goes on after its end, which a = marks.")
BASE64_ENDS = kept_text("A part in base64 ends in the middle of a byte.")
NOT_BASE64 = kept_text("A part that says it is in base64 is not: %(error)s")
TOO_MUCH_SPACE = kept_text("A part in quoted-printable has too much white space in a line.")
NOT_QUOTED_PRINTABLE = kept_text(
    "A part that says it is in quoted-printable has a = without its two hexadecimal digits."
)
_BLANKS_OF_TRANSPORT = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_SOFT_BREAK = re.compile(rb"=\r?\n")
_NO_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2})")
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)", re.DOTALL)  # one without another in it


def encoding_name(value: str) -> str:
    """Returns the encoding that the value of a Content-Transfer-Encoding names, in small letters: without comments (RFC
    2045, section 2.3; RFC 5322, section 3.2.2), which may stand in each other, and the line ends of a folded one."""
    if 0 < value.count("(") <= MAX_COMMENTS:
        without = None
        while without != value:
            without, value = value, _COMMENT.sub(" ", value)
    return value.strip().lower()


def decoded(name: str, chunks: Chunks) -> Chunks:
    """Yields the bytes of a part. `name`: of its Content-Transfer-Encoding (see `encoding_name`); empty for none.

    Raises `Refusal`: 415 at once for an encoding that is not known here, 400 where the bytes are not of this encoding.
    What is not of the alphabet of base64 is refused, not passed over as RFC 2045, section 6.8, would have it: nobody
    would notice that such a file is another one.
    """
    if not changes_size(name):
        return chunks
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise errors.unsupported_transfer_encoding(name)
    return (chunk for chunk in decoder(chunks) if chunk)  # an empty one would be taken for the end


def changes_size(name: str) -> bool:
    """Returns whether bytes in this encoding are others than those that they stand for."""
    return name not in ("", "binary", "8bit", "7bit")


def decoded_size(name: str, size: int) -> int:
    """Returns how many bytes `size` encoded ones stand for, at most."""
    return -(-size // 4) * 3 if name == "base64" else size


def _from_base64(chunks: Chunks) -> Chunks:
    held, ended = b"", False
    for chunk in chunks:
        text = held + bytes(chunk).translate(None, b" \t\r\n")
        if text and ended:
            raise errors.malformed(BASE64_GOES_ON)
        whole = len(text) - len(text) % 4
        held = text[whole:]
        if whole:
            ended = text.endswith(b"=", 0, whole)
            yield _base64(text[:whole])
    if held:  # without the = at its end
        if ended or len(held) == 1:
            raise errors.malformed(BASE64_ENDS)
        yield _base64(held.ljust(4, b"="))


def _base64(text: bytes) -> memoryview:
    try:
        return memoryview(binascii.a2b_base64(text, strict_mode=True))
    except binascii.Error as error:
        raise errors.malformed(NOT_BASE64 % {"error": error}) from error


def _from_quoted_printable(chunks: Chunks) -> Chunks:
    held = b""
    for chunk in chunks:
        text = held + bytes(chunk)
        whole = _decidable(text)
        held = text[whole:]
        if len(held) > MAX_BLANKS:
            raise errors.malformed(TOO_MUCH_SPACE)
        yield _quoted_printable(text[:whole])
    # The line end before a boundary is the boundary's, so the part's last line has none of its own.
    yield _quoted_printable(held + b"\n")[:-1]


def _decidable(text: bytes) -> int:
    """How many bytes of a text can be decoded whatever comes: not what may be half an escape, or the end of a line."""
    if text[-2:-1] == b"=" and text[-1:].isalnum():
        return len(text) - 2
    end = len(text.removesuffix(b"\r").rstrip(b" \t"))
    return end - 1 if text.endswith(b"=", 0, end) else end


def _quoted_printable(text: bytes) -> memoryview:
    text = _SOFT_BREAK.sub(b"", _BLANKS_OF_TRANSPORT.sub(b"", text))
    if _NO_ESCAPE.search(text):
        raise errors.malformed(NOT_QUOTED_PRINTABLE)
    return memoryview(binascii.a2b_qp(text))  # which alone would pass over what is wrong


_DECODERS: dict[str, Callable[[Chunks], Chunks]] = {
    "base64": _from_base64,
    "quoted-printable": _from_quoted_printable,
}
