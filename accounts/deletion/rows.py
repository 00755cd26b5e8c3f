"""Which rows are a person's: all that would go with the person's row by `on_delete=CASCADE`, found by the relations of
the models themselves, so that a model that is written next is never forgotten."""

from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models

from accounts.models import User


@dataclass(frozen=True)
class OwnRows:
    """The rows of one model that are a person's. `paths`: the lookups that lead to the person, of which any may."""

    model: type[models.Model]
    paths: tuple[str, ...]

    def keys(self, person: int, most: int) -> list[Any]:
        """Returns the primary keys of some of them, so many at most."""
        for path in self.paths:
            mine = self.model._base_manager.filter(**{path: person})
            if found := list(mine.values_list("pk", flat=True)[:most]):
                return found
        return []

    def count(self, person: int) -> int:
        """Returns how many there are, where some may be counted twice: for progress."""
        return sum(self.model._base_manager.filter(**{path: person}).count() for path in self.paths)

    def delete(self, keys: list[Any]) -> int:
        """Deletes these, and what hangs on them, without reading what is in them. Returns how many rows that were."""
        deleted, _ = self.model._base_manager.filter(pk__in=keys).only("pk").delete()
        return deleted


@cache
def own_rows() -> tuple[OwnRows, ...]:
    """Returns those of every model, in an order in which nothing large hangs on what is deleted: what points to others
    comes before them."""
    pointing = _pointing()
    below: dict[type[models.Model], set[type[models.Model]]] = {}
    waiting: list[type[models.Model]] = [User]
    while waiting:
        model = waiting.pop()
        if model not in below:
            below[model] = {child for child, _ in pointing.get(model, ()) if child is not model}
            waiting += below[model]
    # The address goes with the person's row: it says whether a last mail may go there.
    last = (User, EmailAddress)
    order = [model for model in TopologicalSorter(below).static_order() if model not in last]
    paths: dict[type[models.Model], tuple[str, ...]] = {}
    for model in reversed(order):
        parents = [(parent, name) for parent in below for child, name in pointing.get(parent, ()) if child is model]
        own = tuple(f"{name}_id" for parent, name in parents if parent is User)
        through = [f"{name}__{path}" for parent, name in parents if parent in paths for path in paths[parent]]
        paths[model] = own or tuple(through)
    return tuple(OwnRows(model, paths[model]) for model in order)


def _pointing() -> dict[type[models.Model], list[tuple[type[models.Model], str]]]:
    """Which models, by which of their columns, go with a row of each model."""
    found: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if field.related_model and getattr(field.remote_field, "on_delete", None) is models.CASCADE:
                found.setdefault(field.related_model, []).append((model, field.name))
    return found
