"""What pages show of a record's columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

# What columns are called that more than one kind has, where their own names are no words that people use.
WORDS: Mapping[str, Text] = {
    "arrived_at": "",
    "identifier": _("Called by its service"),
    "name": _("Name"),
    "shown_name": _("Name"),
    "mime": _("Type"),
    "begins": "",
    "url": _("Address"),
    "isrc": "ISRC",
    "icpn": _("Bar code (ICPN)"),
    "made_at": _("Made"),
    "edited_at": _("Changed"),
    "written_at": _("Written"),
    "uploaded_at": _("Date"),
    "modified_at": _("Changed"),
    "published_at": _("Published"),
    "starts_at": _("Begins"),
    "ends_at": _("Ends"),
    "due_at": _("Due"),
    "done_at": _("Done"),
}


@dataclass(frozen=True)
class Shown:
    """One thing that a page says. `form`: what kind of value it is (see templates/importers/value.html); `address`:
    where it leads."""

    words: Text
    value: Any
    form: str = "text"
    address: str = ""


def shown_column(model: type[models.Model], name: str, value: Any, words: Mapping[str, Text]) -> Shown | None:
    """Returns what a page says of this column; None where it says nothing."""
    field = model._meta.get_field(name)
    called = str(words.get(name, WORDS.get(name, getattr(field, "verbose_name", name))))
    if value in (None, "") or called == "":
        return None
    return Shown(called[:1].upper() + called[1:], *_formed(value))


def _formed(value: Any) -> tuple[Any, str]:
    if isinstance(value, bool):
        return value, "truth"
    if isinstance(value, datetime):
        return value, "moment"
    if isinstance(value, str) and value.startswith(("https://", "http://")) and not any(map(str.isspace, value)):
        return value, "web"
    if isinstance(value, str) and "\n" in value.strip():
        return value, "lines"
    return value, "text"
