"""Content lines, the same in iCalendar (RFC 5545) and vCard (RFC 6350): escaping and folding."""

import re


def escaped(value: str) -> str:
    """Section 3.3.11: what must be escaped, without characters that a line can't have."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    value = value.replace("\r\n", "\\n").replace("\n", "\\n")
    return re.sub("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]", " ", value)


def parameter(value: str) -> str:
    """Section 3.2, and RFC 6868 for what it leaves out: a value quoted where it must be."""
    value = value.replace("^", "^^").replace('"', "^'").replace("\r\n", "^n").replace("\n", "^n")
    value = re.sub("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]", " ", value)
    return f'"{value}"' if re.search("[,:;]", value) else value


def folded(lines: list[str]) -> bytes:
    """Section 3.1: lines of at most 75 bytes, folded between characters."""
    folded = bytearray()
    for line in lines:
        octets = line.encode()
        room = 75
        while len(octets) > room:
            cut = room
            while octets[cut] & 0xC0 == 0x80:
                cut -= 1
            folded += octets[:cut] + b"\r\n "
            octets, room = octets[cut:], 74
        folded += octets + b"\r\n"
    return bytes(folded)
