"""The verticals: which items each path below /import takes.

A vertical is one room: adding one means a module here, its models, and its line in this dictionary.
"""

from collections.abc import Iterator
from typing import Protocol

from django.db.models import Model

from importers.documents import Document, FileDocument, VersionDocument
from importers.origins import Session
from importers.returning import Coming
from importers.snapshots import Snapshot
from importers.verticals import blobs, calendar, media, social_posts, unknown
from importers.verticals.item import Item

VERTICALS: dict[str, tuple[type[Item], ...]] = {
    "blobs": blobs.ITEMS,
    "calendar": calendar.ITEMS,
    "media": media.ITEMS,
    "photos": media.ITEMS,
    "social-posts": social_posts.ITEMS,
    "videos": media.ITEMS,
}


class Leaving(Protocol):
    """What a vertical's module says of how its records leave."""

    @property
    def DOCTYPES(self) -> tuple[str, ...]:  # noqa: N802  (a constant of the module)
        """What they become."""

    @property
    def COUNTED(self) -> tuple[type[Model], ...]:  # noqa: N802
        """The models of which there is a document per row."""

    def documents(self, snapshot: Snapshot) -> Iterator[Document]:
        """The documents that no bytes follow; a directory comes after the one that it is in."""


class LeavingWithFiles(Leaving, Protocol):
    """A vertical some of whose documents are followed by bytes."""

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument | VersionDocument]:
        """The documents that bytes follow."""


class Returning(Protocol):
    """How documents of one kind become records again."""

    def bring(self, session: Session, comings: list[Coming]) -> None:
        """Makes or merges their records, in the transaction of the session, and notes in each what became of it.

        What can't be read, or is not whole, is noted as `broken`; then nothing of it has been kept.
        """


LEAVING: tuple[Leaving, ...] = (blobs, media, calendar, social_posts, unknown)
LEAVING_WITH_FILES: tuple[LeavingWithFiles, ...] = (blobs, media, unknown)

_TYPES = {vertical: {name: item for item in items for name in item.types} for vertical, items in VERTICALS.items()}


def item_type(vertical: str, name: str) -> type[Item] | None:
    """The kind of item that a `@type` names at this vertical, or None where it is not known there."""
    return _TYPES[vertical].get(name)


RETURNING: dict[tuple[str, str], Returning] = {
    kind: returning
    for vertical in (blobs, media, calendar, social_posts, unknown)
    for kind, returning in vertical.RETURNING.items()
}


def returning(coming: Coming) -> Returning | None:
    """How one of our own documents comes back, by its doctype and what `metadata.wharf` says that it is."""
    return RETURNING.get((coming.doctype, coming.kind))


def foreign(session: Session, coming: Coming) -> Returning | None:
    """How a document comes back that is not ours, or can't be read as such; None where no vertical knows it."""
    return media.foreign(session, coming) or blobs.foreign(session, coming)
