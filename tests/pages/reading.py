"""What a page says to whoever reads it, piece by piece, without what somebody has typed or sent."""

import re
from functools import cache
from html.parser import HTMLParser

from translations import catalogues
from translations.rooms import rooms

SPOKEN = ("title", "aria-label", "alt", "placeholder", "aria-description")  # attributes that are read out or shown
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
NOT_SAID = frozenset(("script", "style", "bdi", "code", "pre", "textarea", "kbd", "samp"))
OF_SOMEBODY = re.compile(r"\b(name|names|address|code|key|raw|fields)\b")  # classes of what was typed or sent


class SpokenTexts(HTMLParser):
    """Collects the texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of an element, what its attributes say."""
        said = {name: value or "" for name, value in attrs}
        silent = self._is_silent or tag in NOT_SAID or bool(OF_SOMEBODY.search(said.get("class", "")))
        silent = silent or (tag != "html" and said.get("lang", "").startswith("en")) or said.get("name") == "time_zone"
        if not silent:
            self.found += [said[name] for name in SPOKEN if said.get(name)]
            if tag == "input" and said.get("type") in ("submit", "button"):
                self.found.append(said.get("value", ""))
        if tag not in VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        """Closes it, and what was left open inside."""
        while any(one == tag for one, _ in self._open):
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Of a text, its words."""
        text = " ".join(data.split())
        if text and not self._is_silent:
            self.found.append(text)

    @property
    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._open)


def read(page: str) -> list[str]:
    """Returns the texts of a page, in their order."""
    reader = SpokenTexts()
    reader.feed(page)
    return reader.found


# Words that no French sentence has, and few English ones do without.
ENGLISH = re.compile(
    r"\b(the|of|and|to|is|are|was|were|be|your|you|with|for|from|this|that|it|its|has|have|will|can|what|when|who|which|by"
    r"|there|here|nothing|an|all|not|they|their|them|than|then|where|how|been|does|did|yet|any)\b",
    re.IGNORECASE,
)
# What tests/pages/installation.py and tests/support/rows.py make, as people and services name things, and keys of the
# storage, whose random letters may be a word.
MADE = re.compile(
    r"The Four Seasons|Oil the engine|Tea, with Grace|there\.txt|The disk was full\.|No room\.|all photos"
    r"|nothing at all|Ada Lovelace|A sample|\bw[0-9a-f]{12}/[0-9a-f]{2}/[0-9a-f]{32}\b"
    r"|\b(Cloud One|Cozy|Friends|Hello|Home|Inbox|Morning|Poem|Shopping|Spring|Steps|Tea"
    r"|root|foo|(\w+-)?[a-z]?ada|abel|anna|auditor|dora|grace|ingrid|lena|moira|nora|norbert|olaf|operator|stella|una)\b"
)
TYPED = re.compile(
    r"never ends|\.example\b|Mozilla/|invalid_item|io\.cozy\.|andonandon"
    r"|invoice|example\.org|https?://|WHARF_|\.py\b|^[a-z_]+(\.[a-z_]+)+$"
)
# Words of programs: keys, sizes and times, types of media, names of files.
OF_PROGRAMS = re.compile(r"\w*[\d_]\w*|\b[a-z]+/[a-z-]+|\b\w+\.(jpg|mp4|txt)\b")
# What is called the same everywhere, and what programs call things.
NAMES = (
    *(
        "ActivityStreams",
        "Bitwarden json",
        "CSV",
        "English",
        "Français",
        "JSPF XSPF",
        "Markdown",
        "UTC",
        "Wharf",
        "deletion",
    ),
    *("iCalendar", "tar", "vCard vCard", "AccessToken", "RefreshToken"),
    *("Job", "DTP Job", "DTP Recurring Job", "blobs", "calendar", "collect", "exporter", "host", "import", "instance"),
    *("media", "missing", "music", "offline data", "parts", "person", "playlists", "product", "refused", "server"),
    *("social posts", "tasks", "videos"),
)


def is_english(text: str) -> bool:
    """Whether a text on a French page says something in English."""
    return bool(ENGLISH.search(MADE.sub("", text))) and not TYPED.search(text)


def is_in_both(text: str) -> bool:
    """Whether a text says the same in both languages: no word, what was typed, or what a catalogue translates so."""
    words = _words(re.sub("·? *(Wharf|UTC)$", "", OF_PROGRAMS.sub("", MADE.sub("", text))))
    return not words or bool(TYPED.search(text)) or words in _same_words()


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]{3,}", text)).casefold()


@cache
def _same_words() -> frozenset[str]:
    found = {_words(name) for name in NAMES}
    for room in rooms():
        for message in catalogues.read(room.file("fr"), "fr"):
            english, french = (
                [text] if isinstance(text, str) else list(text or ()) for text in (message.id, message.string)
            )
            found |= {_words(re.sub(r"%\(\w+\)s", "", text)) for text in english if text and text in french}
    return frozenset(found)
