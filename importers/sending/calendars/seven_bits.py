"""Letters that a text spells with the bytes of ASCII, so that no byte shows that it is not UTF-8: UTF-7 (RFC 2152), and
HZ (RFC 1843)."""

import re
import unicodedata

HZ, UTF_7 = "hz", "utf-7"
OF_HZ = re.compile(r"~\{(?:[!-w][!-~])+~\}")
OF_UTF_7 = re.compile(r"\+(?=[0-9/]*[A-Za-z])([A-Za-z0-9+/]{3,})(?:-|(?![A-Za-z0-9+/-]))|\+-")
# Properties of which people read nothing, and that may have any letters of ASCII.
NOT_READ = re.compile(r"(?:UID|URL|ATTACH|ATTENDEE|ORGANIZER|DT|TZ|RRULE|X-|BEGIN|END)", re.IGNORECASE)
LAST_LATIN = "\u017f"  # of the letters that most languages in the Latin script have
FEW = 2  # letters of other scripts that may stand there by chance


def spelled_charset(text: str) -> tuple[str, bool]:
    """Returns which of the two a text is in, empty for none; and whether there is no doubt of that. `text` is a whole
    file whose bytes are all ASCII, without the folds of its lines."""
    if any(_of_hz(found[0]) for found in OF_HZ.finditer(text)):
        return HZ, True
    pieces = [found[0] for line in text.splitlines() if _is_read(line) for found in OF_UTF_7.finditer(line)]
    read = [(piece, _of_utf_7(piece)) for piece in pieces if piece != "+-"]
    letters = "".join(found for _, found in read)
    if not letters:
        return "", True
    is_latin = min(letters) <= LAST_LATIN
    return UTF_7, all(found for _, found in read) and (is_latin or len(letters) > FEW)


def in_letters(text: str, charset: str) -> str:
    """Returns a text with the letters that it spells so. What can't be one stays as it is."""
    if charset == HZ:
        return OF_HZ.sub(lambda found: _of_hz(found[0]) or found[0], text)
    lines = text.split("\r\n")
    return "\r\n".join(OF_UTF_7.sub(_letter, line) if _is_read(line) else line for line in lines)


def _letter(found: re.Match[str]) -> str:
    return "+" if found[0] == "+-" else _of_utf_7(found[0]) or found[0]


def _is_read(line: str) -> bool:
    return NOT_READ.match(line) is None


def _of_hz(piece: str) -> str:
    return _decoded(piece, HZ)


def _of_utf_7(piece: str) -> str:
    """Returns the letters of a piece; empty where it stands for none."""
    found = _decoded(piece, UTF_7)
    is_text = not found.isascii() and all(unicodedata.category(one)[0] in "LMNPSZ" for one in found)
    return found if is_text else ""


def _decoded(piece: str, charset: str) -> str:
    try:
        return piece.encode().decode(charset)
    except UnicodeDecodeError:
        return ""
