"""Who takes part in an event, and who has asked them to: as the item says it, as people read it, and as iCalendar has
it."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from pydantic import AliasChoices, Field

from importers.formats.content_lines import parameter
from importers.items.wire import Flag, Shape, Text, kept_item

OPTIONAL = " (optional)"
ORGANISER = ("organizer", "organiser")
ANSWERS = {
    one.replace("-", ""): one for one in ("NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED")
}  # section 3.2.12
SAYS_MORE = re.compile(r'"(?:organi[sz]er|responseStatus|part[sS]tat)"')
OWN_SCHEME = re.compile(
    r"[a-z][a-z0-9+.-]*:", re.IGNORECASE
)  # of a URI (RFC 3986, section 3.1): no e-mail address has one
IN_NO_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f]")
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

    def content_line(self, answer: str = "") -> str:
        """Section 3.8.4.1 of RFC 5545. `answer`: a PARTSTAT, where one is known."""
        role = f";ROLE={'OPT' if self.is_optional else 'REQ'}-PARTICIPANT"
        return f"ATTENDEE{self._named}{role}{f';PARTSTAT={answer}' if answer else ''}:{self._address}"

    @property
    def organiser_line(self) -> str:
        """Section 3.8.4.3."""
        return f"ORGANIZER{self._named}:{self._address}"

    @property
    def _named(self) -> str:
        return f";CN={parameter(self.name)}" if self.name else ""

    @property
    def _address(self) -> str:
        """A URI, which is wanted even of those who have none."""
        address = IN_NO_ADDRESS.sub("", self.address)
        if OWN_SCHEME.match(address):
            return address
        return f"mailto:{address}" if address else "invalid:nomail"


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


def said_attendees(attendees: str) -> str:
    """Returns their lines in the language of whoever reads them."""
    return "\n".join(map(_said, attendees.splitlines()))


def _said(line: str) -> str:
    who = line.removesuffix(OPTIONAL)
    return line if who == line else gettext("%(who)s (optional)") % {"who": who}


def attendee_lines(attendees: Any) -> str:
    """Returns a line for each of an item's attendees that says anybody."""
    return "\n".join(filter(None, (AttendeeShape.model_validate(one).attendee.line for one in _objects(attendees))))


def _objects(attendees: Any) -> list[dict[str, Any]]:
    found = attendees if isinstance(attendees, list) else [attendees]
    return [one for one in found if isinstance(one, dict)]


class AnsweringShape(AttendeeShape):
    """An attendee with what the protocol has no name for, as some services write it."""

    organizer: Flag = None
    answer: Text = Field(default="", validation_alias=AliasChoices("responseStatus", "partStat", "partstat"))

    @property
    def partstat(self) -> str:
        """What they have answered (section 3.2.12 of RFC 5545), empty where that is not known."""
        return ANSWERS.get(re.sub("[^A-Z]", "", self.answer.upper()), "")


def content_lines(attendees: str, payload: str) -> list[str]:
    """Returns the lines of an event's people. `attendees`: its column. What the protocol has no name for, who has asked
    them and what they answered, is looked for in the item."""
    item = kept_item(payload) if SAYS_MORE.search(payload) else None
    if item is None:
        return [Attendee.read(line).content_line() for line in attendees.splitlines()]
    shapes = map(AnsweringShape.model_validate, _objects(item.get("attendees")))
    people = [one for one in shapes if one.attendee.line]
    organiser = _organiser(item, people)
    first = [organiser.organiser_line] if organiser is not None else []
    return first + [one.attendee.content_line(one.partstat) for one in people]


def _organiser(item: dict[str, Any], people: list[AnsweringShape]) -> Attendee | None:
    """Returns who an item says has asked the others, or which of them it was."""
    said = next((item[name] for name in ORGANISER if item.get(name)), None)
    found = Attendee("", said.strip(), is_optional=False) if isinstance(said, str) else None
    if isinstance(said, dict):
        found = AttendeeShape.model_validate(said).attendee
    if found is not None and found.line:
        return found
    return next((one.attendee for one in people if one.organizer), None)
