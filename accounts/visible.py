"""Characters that are not seen, and change what is: made visible in what people and services have named."""

import re
import unicodedata
from collections.abc import Iterator

from django.utils.translation import gettext, gettext_noop

# Controls; marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9); separators of lines; what
# has no width but may stand between letters that look like one word. Joiners stay: emoji and several scripts need them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")

# How the Unicode standard calls those that have a name.
_NAMES = frozenset(
    (
        gettext_noop("arabic letter mark"),
        gettext_noop("zero width space"),
        gettext_noop("left-to-right mark"),
        gettext_noop("right-to-left mark"),
        gettext_noop("line separator"),
        gettext_noop("paragraph separator"),
        gettext_noop("left-to-right embedding"),
        gettext_noop("right-to-left embedding"),
        gettext_noop("pop directional formatting"),
        gettext_noop("left-to-right override"),
        gettext_noop("right-to-left override"),
        gettext_noop("word joiner"),
        gettext_noop("left-to-right isolate"),
        gettext_noop("right-to-left isolate"),
        gettext_noop("first strong isolate"),
        gettext_noop("pop directional isolate"),
        gettext_noop("zero width no-break space"),
    )
)


def visible_characters(text: str) -> Iterator[tuple[str, bool]]:
    """Yields the text in pieces, each with whether it stands for one character that is not seen, by its name."""
    end = 0
    for found in _UNSEEN.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield f"[{_called(found.group())}]", True
        end = found.end()
    if end < len(text):
        yield text[end:], False


def _called(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    if name in _NAMES:
        return gettext(name)
    return name or f"U+{ord(character):04X}"
