"""What the kinds of fields understand, in JSON Schema. Anything else is not refused, but not understood either.

A title is the name under which one is defined once in a document.
"""

from typing import Any

EARLIEST_SECONDS, LATEST_SECONDS = -62_135_596_800, 16_725_225_600  # the years 1, and 2500
SMALLEST_UNIT = 1_000_000_000  # in a second: nanoseconds

DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]{1,9})?)?"
OFFSET = "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
SUFFIX = r"(\[!?[A-Za-z/_+-]+\])?(\[!?[a-z0-9-]+=[A-Za-z0-9-]+\])*"

TEXT: dict[str, Any] = {
    "title": "Text",
    "description": "A text; of a number, or of true and false, what JSON writes them as.",
    "type": ["string", "number", "boolean", "null"],
}
IDENTIFIER: dict[str, Any] = {
    "title": "Identifier",
    "description": "A text that is not empty; of a number, or of true and false, what JSON writes them as.",
    "type": ["string", "number", "boolean"],
    "minLength": 1,
}
MOMENT: dict[str, Any] = {
    "title": "Moment",
    "description": "A time of RFC 3339, also without an offset (UTC) or with a zone behind it (RFC 9557), a date, or a"
    " number since 1970, which may stand in a string: of seconds, or of milli-, micro- or nanoseconds, where it would"
    " lie after the year 2500 in seconds.",
    "anyOf": [
        {"type": "string", "pattern": f"^{DATE}([Tt ]{CLOCK}{OFFSET}{SUFFIX})?$"},
        {"type": "string", "pattern": r"^-?[0-9]{1,19}(\.[0-9]+)?$"},
        {"type": "number", "minimum": EARLIEST_SECONDS, "exclusiveMaximum": LATEST_SECONDS * SMALLEST_UNIT},
        {"type": "null"},
    ],
}
# Of three bytes at a time; of the last one or two, with bits at the end that are all 0 (RFC 4648, section 3.5).
_BASE64 = (
    "^([A-Za-z0-9{0}]{{4}})*([A-Za-z0-9{0}]{{4}}|[A-Za-z0-9{0}]{{2}}[AEIMQUYcgkosw048]=?|[A-Za-z0-9{0}][AQgw](==)?)$"
)
BASE64: dict[str, Any] = {
    "title": "Base64",
    "description": "Bytes in base64url or base64 (RFC 4648), with or without = at the end. It may be in lines that are"
    " as long as each other.",
    "type": "string",
    "anyOf": [{"pattern": _BASE64.format("_-")}, {"pattern": _BASE64.format("+/")}],
}
FLAG: dict[str, Any] = {
    "title": "Flag",
    "enum": [True, False, None, 1, 0, "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0"],
}
