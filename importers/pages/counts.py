"""How much a person has of each kind, from what the database counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from accounts.models import User
from accounts.numbers import thousands
from importers.models import Record, RecordCount
from importers.pages.kinds import RecordPages, all_pages
from importers.vertical import verticals


@dataclass(frozen=True)
class KindCount:
    """How many records of a kind are there, and the bytes of their files and of those beside them, such as former
    versions."""

    pages: RecordPages
    records: int
    size: int

    @property
    def said(self) -> str:
        """As people say it: `1,316 files`, `1 calendar`."""
        return f"{thousands(self.records)} {self.pages.kind.words[self.records != 1]}"


def counts(person: User) -> list[KindCount]:
    """Returns that of every kind of which there are some, in the order of the registry."""
    return counted(RecordCount.objects.filter(owner=person))


def counted(of_person: Iterable[RecordCount]) -> list[KindCount]:
    """Returns the same, of a person's rows."""
    rows = {row.kind: row for row in of_person}
    found = []
    for pages in all_pages():
        row = rows.get(pages.kind.name)
        if row is None or not row.records:
            continue
        beside = sum(rows[kind].bytes for kind in _beside().get(pages.kind.name, ()) if kind in rows)
        found.append(KindCount(pages, row.records, row.bytes + beside))
    return found


def in_words(person: User) -> list[str]:
    """Returns the same as people say it."""
    return [one.said for one in counts(person)]


@dataclass(frozen=True)
class InBin:
    """How many records are in a bin, and the bytes of their files."""

    number: int
    size: int


def in_bin(person: User) -> InBin | None:
    """Returns what is in a person's bin; None where it is empty."""
    return in_bin_of(RecordCount.objects.filter(owner=person, in_bin__gt=0))


def in_bin_of(of_person: Iterable[RecordCount]) -> InBin | None:
    """Returns the same, of a person's rows."""
    rows = list(of_person)
    number = sum(row.in_bin for row in rows)
    return InBin(number, sum(row.bin_bytes for row in rows)) if number else None


def count_of(person: User, pages: RecordPages) -> int:
    """Returns how many records of a kind a person has."""
    mine = RecordCount.objects.filter(owner=person, kind=pages.kind.name)
    return mine.values_list("records", flat=True).first() or 0


@cache
def _beside() -> dict[str, list[str]]:
    """The kinds of rows with files that are no records, by the kind of the records that they belong to."""
    found: dict[str, list[str]] = {}
    models: list[Any] = [model for one in verticals() for model in one.with_bytes if not issubclass(model, Record)]
    for model in models:
        for field in model._meta.concrete_fields:
            if field.is_relation and issubclass(field.related_model, Record):
                found.setdefault(field.related_model._meta.model_name, []).append(model._meta.model_name)
    return found
