"""What a vertical answers, and how all the others ask for one: nobody names a vertical but its own folder."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import ClassVar, Protocol

from django.conf import settings
from django.db.models import Model

from accounts.texts import Text
from importers import registry
from importers.above import RereadStep
from importers.documents.arriving import ArrivingDocument
from importers.documents.document import ExportDocument, FileDocument, VersionDocument
from importers.documents.kind import RecordKind
from importers.documents.snapshot import Snapshot
from importers.formats.format import Format
from importers.items.item import Item
from importers.items.wire import type_name
from importers.merging.context import MergeContext
from importers.merging.plain import PlainImporter
from importers.merging.settling import Settlement
from importers.models import Content, Record
from importers.site.listing import SiteList


class DocumentImporter(Protocol):
    """Makes records of documents of one kind again."""

    def bring(self, context: MergeContext, documents: list[ArrivingDocument]) -> None:
        """Makes or merges their records, in the transaction of the context, and notes in each what became of it.

        What can't be read, or is not whole, is noted as `broken`; then nothing of it has been kept.
        """


class Vertical:
    """One kind of data. Most say only what they have; what is special overrides a method.

    `title`: what people call it. `items`: what its paths take. `kinds`: its records, containers first. `formats`: the
    standard formats it is written in; `site`: what the site of an archive shows of it. `beside`: models of rows that
    are no records but count in a use, each with the name of the lookup that says whose they are. `with_bytes`: models
    with stored bytes, each with the doctype of the documents that those follow. `foreign`: doctypes of another server
    that its importers read, too, whatever `metadata.wharf` says; what stands whole of them becomes records.
    `reread_steps`: rows of its own that are no records, and are read again beside them. `file_in_json`: the member of
    an item that is its file, as a text of base64, and is stored as that.
    """

    title: ClassVar[Text]
    items: ClassVar[tuple[type[Item], ...]]
    kinds: ClassVar[tuple[RecordKind, ...]]
    formats: ClassVar[tuple[Format, ...]] = ()
    site: ClassVar[tuple[SiteList, ...]] = ()
    beside: ClassVar[Mapping[type[Model], str]] = {}
    with_bytes: ClassVar[Mapping[type[Model], str]] = {}
    foreign: ClassVar[Mapping[str, DocumentImporter]] = {}
    reread_steps: ClassVar[tuple[RereadStep, ...]] = ()
    file_in_json: ClassVar[str] = ""

    @property
    def folder(self) -> str:
        """The folder that it stands in, by which the registry names it."""
        return type(self).__module__.split(".")[-2]

    @property
    def path(self) -> str:
        """The first of its paths below /import: what came back in an archive is counted there."""
        return next((path for path, line in registry.VERTICALS.items() if line.folder == self.folder), self.folder)

    @property
    def largest_item(self) -> int:
        """The bytes that the JSON of an item may have at most, with the file in it."""
        most: int = settings.WHARF_MAX_ENCODED_BYTES if self.file_in_json else settings.WHARF_MAX_JSON_BYTES
        return most

    @property
    def doctypes(self) -> tuple[str, ...]:
        """What its records become in an export."""
        return tuple(kind.doctype for kind in self.kinds)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The doctypes that somebody wants who chooses this kind of data for an export."""
        return tuple(dict.fromkeys(kind.doctype for kind in self.kinds))

    @property
    def words(self) -> Mapping[str, tuple[Text, Text]]:
        """What people call the documents of each doctype: one, and several."""
        return {kind.doctype: kind.words for kind in self.kinds}

    @property
    def counted(self) -> tuple[type[Model], ...]:
        """The models of which there is a document per row."""
        return tuple(kind.model for kind in self.kinds)

    def has_any(self, snapshot: Snapshot) -> bool:
        """Whether there is any record of its kinds. Where there is none, nothing of it leaves."""
        return any(snapshot.has(kind.model) for kind in self.kinds)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        """Yields the documents that no bytes follow; a directory comes after the one that it is in."""
        for kind in self.kinds:
            yield from kind.documents(snapshot)

    def files(self, snapshot: Snapshot) -> Iterator[FileDocument | VersionDocument]:
        """Yields the documents that bytes follow."""
        return iter(())

    def reserved(self, snapshot: Snapshot) -> Iterator[str]:
        """Yields names at the top of the archive's tree that its files need for themselves."""
        return iter(())

    def importers(self) -> Mapping[tuple[str, str], DocumentImporter]:
        """Returns who makes records of our own documents, by their doctype and by what `metadata.wharf.kind` says.

        They are asked in this order, so containers come first. A later vertical may take over an entry of an earlier
        one.
        """
        return {
            (kind.doctype, kind.name): PlainImporter(kind, self.path, self.items_of(kind.model)) for kind in self.kinds
        }

    def items_of(self, model: type[Record]) -> tuple[type[Item], ...]:
        """Returns the kinds of items that become records of this model."""
        return tuple(item for item in self.items if item.model is model)

    def importer_of_foreign(self, context: MergeContext, document: ArrivingDocument) -> DocumentImporter | None:
        """Returns the same for a document that is not ours, or can't be read as such; None where it is not its own."""
        return self.foreign.get(document.doctype)

    def content_candidates(self, context: MergeContext, document: ArrivingDocument) -> Iterator[tuple[Content, str]]:
        """Yields the bytes of records that may be this document's, each with its record's payload."""
        return iter(())

    def work_off(self, seconds: float) -> int:
        """Does what its items have left to be done after their answer, for about so long, by a worker that may be
        killed anywhere. Returns how many pieces of it were done."""
        return 0

    def settle(self, context: MergeContext) -> list[Settlement] | None:
        """Decides something of what is only known when all documents of an archive have come, in the transaction of
        the context. Returns what that changes; None where nothing is left, which it is asked for until then."""
        return None


@cache
def vertical(folder: str) -> Vertical:
    """Returns the vertical in this folder."""
    found: Vertical = registry.module(folder, "vertical").VERTICAL
    return found


@cache
def verticals() -> tuple[Vertical, ...]:
    """Returns all of them, in the order of the registry, and last the one of items that none of the others knows."""
    return tuple(map(vertical, registry.FOLDERS))


def vertical_at(path: str) -> Vertical | None:
    """Returns the one that takes items at this path below /import; None where nothing is taken."""
    line = registry.VERTICALS.get(path)
    return vertical(line.folder) if line else None


def item_type(path: str, name: str) -> type[Item] | None:
    """Returns the kind of item that a `@type` names at this path below /import, or None where it is not known there. At
    some paths there is a kind for whatever has another name, or none."""
    line = registry.VERTICALS.get(path)
    return (_item_types(line.folder).get(type_name(name)) or _other_items(line.folder)) if line else None


def takes_any_object(path: str) -> bool:
    """Returns whether an item at this path below /import may be without a `@type`."""
    kind = item_type(path, "")
    return kind is not None and kind.is_any_object


def paths_taking(path: str, kind: type[Item] | None) -> tuple[str, ...]:
    """Returns the paths whose scope allows an item of this kind at `path`: `path` first, if it is one of them.

    Those of one folder take the same items, so that a scope holds at each of them. An item that no vertical knows
    (None) may be sent with any.
    """
    folder = registry.VERTICALS[path].folder
    taking = [
        other
        for other, line in registry.VERTICALS.items()
        if line.folder == folder and (kind is None or not line.items or set(line.items) & set(kind.types))
    ]
    return tuple(sorted(taking, key=lambda other: other != path))


@cache
def _item_types(folder: str) -> dict[str, type[Item]]:
    return {name: item for item in vertical(folder).items for name in item.types}


@cache
def _other_items(folder: str) -> type[Item] | None:
    return next((item for item in vertical(folder).items if not item.types), None)


@cache
def items_of(model: type[Record]) -> tuple[type[Item], ...]:
    """Returns the kinds of items that become records of this model."""
    return tuple(item for one in verticals() for item in one.items_of(model))


@cache
def importers() -> Mapping[tuple[str, str], DocumentImporter]:
    """Returns who makes records of our own documents, by their doctype and kind, in the order in which they are
    asked."""
    return {kind: importer for one in verticals() for kind, importer in one.importers().items()}


def importer_of(document: ArrivingDocument) -> DocumentImporter | None:
    """Returns who makes a record of one of our own documents; None where it is not ours."""
    return importers().get((document.doctype, document.kind))


def importer_of_foreign(context: MergeContext, document: ArrivingDocument) -> DocumentImporter | None:
    """Returns who makes a record of a document that is not ours, or can't be read as such; None where nobody does.

    The last vertical is asked first: it stands above the others.
    """
    for one in reversed(verticals()):
        if (importer := one.importer_of_foreign(context, document)) is not None:
            return importer
    return None


@cache
def kinds() -> tuple[RecordKind, ...]:
    """Returns every kind of record."""
    return tuple(kind for one in verticals() for kind in one.kinds)


@cache
def kind_of(model: type[Record]) -> RecordKind:
    """Returns the kind of record that has this model."""
    return next(kind for kind in kinds() if kind.model is model)


def record_models() -> list[type[Record]]:
    """Returns the model of every kind of record."""
    return [kind.model for kind in kinds()]


@cache
def words_of_doctypes() -> Mapping[str, tuple[Text, Text]]:
    """Returns what people call the documents of each doctype: one, and several. The first vertical to say it counts."""
    found: dict[str, tuple[Text, Text]] = {}
    for one in verticals():
        for doctype, words in one.words.items():
            found.setdefault(doctype, words)
    return found
