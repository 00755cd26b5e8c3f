"""A page as a program sees it: its forms with their hidden fields, and its heading."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self


@dataclass
class Form:
    """Where it is sent, and what it carries besides what a person fills in."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """`forms` and `heading` (the text of its first `h1`) of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.heading = ""
        self._within_heading = False

    @classmethod
    def read(cls, text: str) -> Self:
        """The page that `text` says."""
        page = cls()
        page.feed(text)
        page.close()
        return page

    def form_with(self, name: str) -> Form | None:
        """The first form that has a hidden field of this name."""
        return next((form for form in self.forms if name in form.hidden), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._within_heading = not self.heading
        elif tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
        elif tag == "input" and attributes.get("type") == "hidden" and self.forms:
            self.forms[-1].hidden[attributes.get("name", "")] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._within_heading = False

    def handle_data(self, data: str) -> None:
        if self._within_heading:
            self.heading = " ".join([*self.heading.split(), *data.split()])
