"""The bin of an account that leaves: a Cozy takes nothing that is in its own (protocol/move.md, "What a real Cozy
does"), so what goes to one travels in an ordinary folder."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Model

from importers.documents.doctypes import BIN_NAME, FILES
from importers.documents.snapshot import Snapshot
from importers.models import Container
from importers.vertical import verticals


def folder_name() -> str:
    """Returns what that folder is called: after this server, so that it is hardly ever one of the person's own."""
    return f"{BIN_NAME}{urlsplit(settings.WHARF_BASE_URL).hostname}"


def free_name(snapshot: Snapshot, name: str) -> str:
    """Returns this name for that folder, with a number where a folder of the person's own at the top has it."""
    models = [kind.model for one in verticals() for kind in one.kinds if kind.doctype == FILES]
    rows = [snapshot.of(model) for model in models if issubclass(model, Container)]
    found, number = name, 1
    while any(folders.filter(identifier=f"/{found}").exists() for folders in rows):
        number += 1
        found = f"{name} ({number})"
    return found


def is_used(snapshot: Snapshot) -> bool:
    """Whether anything is in the bin that leaves as a directory or a file."""
    models: set[type[Model]] = set()
    for vertical in verticals():
        models |= {kind.model for kind in vertical.kinds if kind.doctype == FILES}
        models |= {model for model in vertical.with_bytes if hasattr(model, "trashed_at")}
    return any(snapshot.of(model).exclude(trashed_at=None).exists() for model in models)
