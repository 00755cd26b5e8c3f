"""Content lines, the same in iCalendar (RFC 5545) and vCard (RFC 6350): escaping and folding."""

import re

from importers.text import keepable

# What readers take for the end of a line. In a text it stays one, by the escape that is there for it.
BREAKS = re.compile("\r\n|[\x0a-\x0d\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# What a text can't have as it is. Most have nothing of it.
SPECIAL = re.compile("[\\\\;,\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
SPECIAL_IN_PARAMETER = re.compile('["^,:;\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]')
ROOM = 75  # bytes of a line


def escaped(value: str) -> str:
    """Section 3.3.11: what must be escaped, without characters that a line can't have."""
    if SPECIAL.search(value) is None:
        return value
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return without_controls(value)


def without_controls(value: str) -> str:
    """Returns a value whose breaks of lines are escapes, without other characters that a line can't have."""
    return CONTROLS.sub(" ", BREAKS.sub(r"\\n", value))


def parameter(value: str) -> str:
    """Section 3.2, and RFC 6868 for what it leaves out: a value quoted where it must be."""
    if SPECIAL_IN_PARAMETER.search(value) is None:
        return value
    value = value.replace("^", "^^").replace('"', "^'")
    value = CONTROLS.sub(" ", BREAKS.sub("^n", value))
    return f'"{value}"' if re.search("[,:;]", value) else value


def folded(lines: list[str]) -> bytes:
    """Section 3.1: lines of at most 75 bytes, folded between characters. A lone surrogate becomes U+FFFD."""
    try:
        octets = [line.encode() for line in lines]
    except UnicodeEncodeError:
        octets = [keepable(line).encode() for line in lines]
    if max(map(len, octets), default=0) > ROOM:
        octets = [line if len(line) <= ROOM else _folded(line) for line in octets]
    return b"\r\n".join([*octets, b""])


def _folded(octets: bytes) -> bytes:
    pieces, room = [], ROOM
    while len(octets) > room:
        cut = room
        while octets[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(octets[:cut])
        octets, room = octets[cut:], ROOM - 1
    return b"\r\n ".join([*pieces, octets])
