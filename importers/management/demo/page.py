"""A page as a program sees it: its forms with their hidden fields, and its sentences."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

BLOCKS = frozenset({"p", "h1", "h2", "h3", "li", "legend", "div", "section", "main", "form", "title"})


@dataclass
class Form:
    """Where it is sent, and what it carries besides what a person fills in."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """`forms` and `sentences` of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.sentences: list[str] = []
        self._words: list[str] = []

    @classmethod
    def read(cls, text: str) -> Self:
        """The page that `text` says."""
        page = cls()
        page.feed(text)
        page.close()
        page._end_sentence()
        return page

    def form_with(self, name: str) -> Form | None:
        """The first form that has a hidden field of this name."""
        return next((form for form in self.forms if name in form.hidden), None)

    def sentence_with(self, words: str) -> str:
        """The first block of text that contains these words; empty if there is none."""
        return next((sentence for sentence in self.sentences if words in sentence), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in BLOCKS:
            self._end_sentence()
        if tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
        elif tag == "input" and attributes.get("type") == "hidden" and self.forms:
            self.forms[-1].hidden[attributes.get("name", "")] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end_sentence()

    def handle_data(self, data: str) -> None:
        self._words += data.split()

    def _end_sentence(self) -> None:
        if self._words:
            self.sentences.append(" ".join(self._words))
        self._words = []
