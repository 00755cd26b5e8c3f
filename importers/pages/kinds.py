"""How the records of each kind are shown, and under which addresses.

Most kinds are shown as every kind is. A vertical says what is special of its own in its `pages.py`, by `register`; what
stands here is asked for by their address alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_noop

from accounts.models import User
from accounts.texts import Text
from importers import registry
from importers.documents.kind import RecordKind
from importers.models import Container, Content, Record
from importers.pages.shown import Shown, shown_column
from importers.vertical import Vertical, verticals

LONGEST_TITLE = 200  # characters
UNNAMED = gettext_noop("Without a name")


class RecordPages:
    """How one kind of record is shown; subclasses say what is special.

    `words`: what its columns are called, where their own names don't say it; empty for what is not shown.
    `row_columns`: those that a list shows beside the title, `title_columns` those that a title may be made of, `loaded`
    what else a row of a list needs; the others stay in the database. `related`: what
    its page points to beside `references`, `joined` what else is read with it. `shows_date`: whether
    a row says the date that it is sorted by beside the rest. `within`: the lookup
    of the container that a list may be narrowed to, where that is no reference. `list_template` and `record_template`:
    of its list, and of its page.
    """

    words: ClassVar[Mapping[str, Text]] = {}
    row_columns: ClassVar[tuple[str, ...]] = ()
    title_columns: ClassVar[tuple[str, ...]] = ()
    loaded: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = ()
    joined: ClassVar[tuple[str, ...]] = ()
    within: ClassVar[str] = ""
    shows_date: ClassVar[bool] = True
    list_template: ClassVar[str] = "importers/list.html"
    record_template: ClassVar[str] = "importers/record.html"

    def __init__(self, kind: RecordKind, vertical: Vertical) -> None:
        self.kind, self.vertical = kind, vertical

    @property
    def place(self) -> tuple[str, str]:
        """The two parts of the address of its list."""
        return self.vertical.path, self.kind.address or self.kind.name

    @property
    def list_address(self) -> str:
        return reverse("things", args=self.place)

    @property
    def entry_address(self) -> str:
        """The address at which somebody begins to look at them."""
        return self.list_address

    @property
    def several(self) -> str:
        """What people call many of them."""
        return str(self.kind.words[1])

    @property
    def all_words(self) -> str:
        """What people call all of them."""
        return str(self.kind.all_words)

    @property
    def no_words(self) -> str:
        """What people call none of them."""
        return str(self.kind.no_words)

    def address(self, record: Record) -> str:
        """The address of the page of a record."""
        return reverse("thing", args=[*self.place, record.doc_id])

    def title(self, record: Any) -> str:
        """What a record is called on pages."""
        for column in self.titles:
            if text := str(getattr(record, column) or "").strip():
                return Truncator(text).chars(LONGEST_TITLE)
        return gettext(UNNAMED)

    def at(self, record: Any) -> datetime:
        """Returns the moment that a record is sorted by."""
        found = (getattr(record, name) for name in (self.kind.at, self.kind.at_else) if name)
        return next(filter(None, found), record.received_at)

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns that a title may be made of: the first one that says something counts."""
        named = (self.kind.heading, *self.title_columns)
        if "identifier" in self.kind.columns:
            named = (*named, "identifier")
        return tuple(filter(None, named))

    @property
    def container(self) -> tuple[str, type[Container]] | None:
        """The lookup of what its records are in, and the model of that; None where they are in nothing."""
        lookup = self.within or next(iter(self.kind.references), "")
        if not lookup:
            return None
        model: Any = self.kind.model
        for name in lookup.split("__"):
            model = model._meta.get_field(name).related_model
        return lookup, model

    @property
    def contents(self) -> list["RecordPages"]:
        """How the records are shown that may be in one of these."""
        return [pages for pages in all_pages() if pages.container and pages.container[1] is self.kind.model]

    @property
    def row_fields(self) -> tuple[str, ...]:
        """The columns that rows of a list are read with."""
        own = {"id", "doc_id", "received_at", self.kind.at, *self.titles, *self.row_columns, *self.loaded}
        own |= {self.kind.at_else} if self.kind.at_else else set()
        if self.has_content:
            own |= {"content__size", "content__sha256", "content__drawn"}
        return tuple(sorted(own))

    @property
    def has_content(self) -> bool:
        return any(field.name == "content" and field.related_model is Content for field in self.kind.model._meta.fields)

    def complete(self, records: list[Any]) -> None:
        """Gives these rows of a list what they show that no column of theirs has, in as few statements as that
        takes."""

    def list_context(self, records: list[Any], container: Container | None = None) -> dict[str, Any]:
        """What the template of a list is given besides, for these rows. `container`: to which the list is narrowed."""
        return {}

    def record_context(self, record: Any, container: Container | None = None) -> dict[str, Any]:
        """What the template of a page is given besides. `container`: among whose records it is looked at."""
        return {}

    def row_facts(self, record: Any) -> list[Shown]:
        """What a list says of a record besides its title and its date."""
        return self._facts(record, self.row_columns)

    def facts(self, record: Any) -> list[Shown]:
        """All that a record says."""
        own = tuple(name for name in self.kind.columns if name != self.kind.heading)
        return [*self.references(record), *self._facts(record, own)]

    def references(self, record: Any) -> list[Shown]:
        """The records that it points to."""
        found = []
        for name in self.kind.references:
            if (other := getattr(record, name)) is not None:
                pages = pages_of(type(other))
                words = str(type(other)._meta.verbose_name)
                found.append(Shown(words[:1].upper() + words[1:], pages.title(other), "text", pages.address(other)))
        return found

    def said(self, record: Any, name: str) -> Any:
        """Returns what a column has, as it is said in the language of whoever looks."""
        return getattr(record, name)

    def files(self, record: Any) -> list[tuple[str, Content]]:
        """Its files, each with its name."""
        if self.has_content and record.content is not None:
            return [(self.title(record), record.content)]
        if hasattr(record, "files"):
            return [(file.mime, file.content) for file in record.files.select_related("content").order_by("pk")[:100]]
        return []

    # What is taken away in a zip (see moves/formats/chosen.py)

    def folder_of(self, record: Any) -> str:
        """Returns the path of the folder that a record with a file is in; empty where it is in none."""
        return ""

    # What is thrown away (see importers/bin)

    def whole(self, container: Any) -> list[dict[str, Any]]:
        """Returns which records are in a container, as parts of a choice, where that isn't all whose `container` it
        is."""
        return []

    def whole_at(self, path: str) -> list[dict[str, Any]]:
        """Returns the same for the container at a path, with that itself; nothing where its kind has none."""
        return []

    def below(self, rows: QuerySet[Any], person: User, path: str, *, in_bin: bool) -> QuerySet[Any]:
        """Returns those of these rows of a person that are at a path and below. `in_bin`: they are in the bin."""
        return rows.none()

    def may_go(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Returns those of these rows that may be thrown away now."""
        return rows

    def may_be_deleted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Returns those of these rows that may be deleted for good now, with what `remembered_as` needs: nothing is in
        them that must be in something."""
        return rows

    def bring_back(self, keys: list[int]) -> None:
        """Lets records leave the bin, in the transaction that has locked their person's row."""
        rows = self.kind.model._default_manager.filter(pk__in=keys)
        rows.update(trashed_at=None, changed_at=timezone.now())  # later than what archives say that have them in it

    def _facts(self, record: Any, names: tuple[str, ...]) -> list[Shown]:
        model = self.kind.model
        found = (shown_column(model, name, self.said(record, name), self.words) for name in names)
        return [one for one in found if one is not None]


_registered: dict[type[Record], type[RecordPages]] = {}


def register(model: type[Record]) -> Any:
    """Lets the decorated class show the records of this model."""

    def registered(shows: type[RecordPages]) -> type[RecordPages]:
        _registered[model] = shows
        return shows

    return registered


@cache
def _by_place() -> Mapping[tuple[str, str], RecordPages]:
    registry.modules("pages")
    found = {}
    for vertical in verticals():
        for kind in vertical.kinds:
            pages = _registered.get(kind.model, RecordPages)(kind, vertical)
            found[pages.place] = pages
    return found


def pages_at(vertical: str, kind: str) -> RecordPages | None:
    """Returns how the records are shown whose list has this address."""
    return _by_place().get((vertical, kind))


def pages_of(model: type[Record]) -> RecordPages:
    """Returns how the records of a model are shown."""
    return next(pages for pages in _by_place().values() if pages.kind.model is model)


def all_pages() -> Iterator[RecordPages]:
    """Yields those of every kind, in the order of the registry."""
    yield from _by_place().values()
