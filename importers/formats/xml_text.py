"""Texts in XML 1.0."""

import re
from xml.sax.saxutils import escape  # nosec B406 - it writes, and reads nothing

SPECIAL = re.compile("[^ !-%'-;=?-~\xa0-\ud7ff]")  # what there may be something to do about
NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # section 2.2


def xml_text(text: str) -> str:
    """Returns a text as the content of an element. What XML has no way to say becomes U+FFFD."""
    if SPECIAL.search(text) is None:
        return text
    return escape(NOT_IN_XML.sub("\ufffd", text), {"\r": "&#13;"})
