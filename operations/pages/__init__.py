"""What stands above the page of a row: of a person everything of theirs, of an exporter what it sends, of a job what
happened."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from accounts.models import Application, User
from importers.models import Transfer
from moves.models import ArchiveImport, Export, Move
from operations.overview.panel import Panel
from operations.pages import exporter, person
from operations.stories import exports, imports, moves, transfers

ABOVE: dict[type[Model], Callable[[Any, Any], list[Panel]]] = {
    User: person.panels,
    Application: exporter.panels,
    Transfer: lambda user, row: [transfers.story(row, user)],
    Export: lambda user, row: [exports.story(row)],
    ArchiveImport: lambda user, row: [imports.story(row, user)],
    Move: lambda user, row: moves.panels(row),
}


def panels_of(user: Any, row: Model) -> list[Panel]:
    """Returns those of a row, as far as this operator may see what they show."""
    above = ABOVE.get(type(row))
    return above(user, row) if above else []
