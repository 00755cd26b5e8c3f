"""Who takes part in an event: as the item says it, as people read it, and as iCalendar has it."""

import re
from dataclasses import dataclass
from typing import Any

from importers.formats.content_lines import parameter
from importers.items.wire import Flag, Shape, Text

OPTIONAL = " (optional)"
LINE = re.compile(r"(?P<name>.*?) ?(?:<(?P<address>[^<>]*)>)?")


@dataclass(frozen=True)
class Attendee:
    """`address`: of e-mail, or empty; `is_optional`: it goes without them."""

    name: str
    address: str
    is_optional: bool

    @classmethod
    def read(cls, line: str) -> "Attendee":
        """Reads a `line` again."""
        is_optional = line.endswith(OPTIONAL)
        match = LINE.fullmatch(line.removesuffix(OPTIONAL))
        return cls(match["name"], match["address"] or "", is_optional) if match else cls(line, "", is_optional)

    @property
    def line(self) -> str:
        """How people read it: "Bo Ek <bo@example.org> (optional)"."""
        address = f"<{self.address}>" if self.address else ""
        said = " ".join(filter(None, (self.name, address)))
        return said + OPTIONAL * self.is_optional if said else ""

    @property
    def content_line(self) -> str:
        """Section 3.8.4.1 of RFC 5545, which wants an address even of those who have none."""
        role = f";ROLE={'OPT' if self.is_optional else 'REQ'}-PARTICIPANT"
        name = f";CN={parameter(self.name)}" if self.name else ""
        address = re.sub(r"[\s\x00-\x1f\x7f]", "", self.address)
        return f"ATTENDEE{name}{role}:{f'mailto:{address}' if address else 'invalid:nomail'}"


class AttendeeShape(Shape):
    """An attendee on the wire."""

    displayName: Text = ""  # noqa: N815 - the field's own name
    email: Text = ""
    optional: Flag = None

    @property
    def attendee(self) -> Attendee:
        name, address = (" ".join(text.split()) for text in (self.displayName, self.email))
        address = address[7:] if address.lower().startswith("mailto:") else address
        return Attendee(name, re.sub("[<> ]", "", address), bool(self.optional))


def attendee_lines(attendees: Any) -> str:
    """Returns a line for each of an item's attendees that says anybody."""
    found = attendees if isinstance(attendees, list) else [attendees]
    said = [AttendeeShape.model_validate(one).attendee.line for one in found if isinstance(one, dict)]
    return "\n".join(filter(None, said))
