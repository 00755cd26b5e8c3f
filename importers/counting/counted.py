"""Which rows are counted, in SQL's words."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import models

from importers.models import Container, Content, Record
from importers.models.picture import Picture
from importers.models.record import ToDoMark

ARRIVED, CAME = "arrived_at", "changed_at"  # the columns that say of a row whether it is a placeholder


@dataclass(frozen=True)
class CountedModel:
    """A model whose rows are counted. `table`: its table; `kind`: what a `RecordCount` calls it."""

    model: type[models.Model]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def comes_by(self) -> str:
        """The column that says whether it has come; empty where a row is never a placeholder."""
        if issubclass(self.model, Container):
            return ARRIVED
        return CAME if issubclass(self.model, Record) else ""

    @property
    def has_bin(self) -> bool:
        return issubclass(self.model, Record)

    @property
    def has_bytes(self) -> bool:
        return _points_to_content(self.model)

    @property
    def keeps_size(self) -> bool:
        """Whether a column of its own has the size of its file."""
        return self.has_bytes and any(field.name == "size" for field in self.model._meta.concrete_fields)

    @property
    def to_do(self) -> ToDoMark | None:
        """Which column marks what a worker has still to make of it; None where there is none."""
        return self.model.to_do if issubclass(self.model, Record) else None

    @property
    def keeps_taken(self) -> bool:
        """Whether a column of its own has when its file was taken."""
        return self.has_bytes and any(field.name == "taken_at" for field in self.model._meta.concrete_fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those on which its counts hang."""
        wanted = (self.comes_by, "trashed_at" if self.has_bin else "", "content_id" if self.has_bytes else "")
        return ("owner_id", *filter(None, wanted))

    def is_here(self, row: str, never: str) -> str:
        """Returns a condition: whether this row is no placeholder. `never`: the moment that stands for not having come,
        as the database writes it."""
        if self.comes_by == ARRIVED:
            return f"{row}.{ARRIVED} IS NOT NULL"
        return f"{row}.{CAME} <> {never}" if self.comes_by else "1 = 1"

    def in_bin(self, row: str) -> str:
        """Returns a condition: whether this row is in the bin."""
        return f"{row}.trashed_at IS NOT NULL" if self.has_bin else "1 = 0"

    def size(self, row: str) -> str:
        """Returns how many bytes its file has."""
        if not self.has_bytes:
            return "0"
        return f"COALESCE((SELECT size FROM {Content._meta.db_table} WHERE id = {row}.content_id), 0)"  # noqa: S608

    def taken(self, row: str) -> str:
        """Returns when its file was taken, as far as that is known."""
        return f"(SELECT taken_at FROM {Picture._meta.db_table} WHERE content_id = {row}.content_id)"  # noqa: S608


@cache
def counted_models() -> tuple[CountedModel, ...]:
    """Returns all of them: records of every kind, and what has a file beside them, such as versions."""
    found = [
        model
        for model in apps.get_app_config("importers").get_models()
        if issubclass(model, Record) or _points_to_content(model)
    ]
    return tuple(map(CountedModel, found))


def _points_to_content(model: type[models.Model]) -> bool:
    """Whether its rows have a file, and a person whose they are: a `Holding` says of a file only that it counts."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    content = fields.get("content")
    with_file = content is not None and content.related_model is Content and "owner" in fields
    return with_file and "received_at" in fields
