"""Messages and folders on the wire."""

from typing import Annotated, Any, ClassVar, Self

from django.db import transaction
from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema

from importers import statements, waking
from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, ItemStatus, WholeItem
from importers.items.base64_text import Written
from importers.items.deletions import deleted_answer
from importers.items.field_schemas import BASE64
from importers.items.item import ChangeableItem, IdentifiedItem, Item
from importers.items.wire import Flag, Text, as_it_came, said, spelled
from importers.models import Revision
from importers.models.record import new_doc_id
from importers.verticals.mail.models import MailFolder, MailMessage, MailPlace
from importers.verticals.mail.parts import MessageParts
from importers.verticals.mail.reading import columns_of, lines, together
from importers.verticals.mail.rebuilding import TEXT
from importers.verticals.mail.threads import gather, thread_for


def _texts(value: Any) -> tuple[str, ...]:
    """Returns the texts and numbers of a list, or the one that stands in its place."""
    return tuple(filter(_is_text, value if isinstance(value, list) else [value]))


def says(payload: str) -> str:
    """Returns what an item says, in one spelling, however its message was written. Raises 400 for what is no item."""
    item = said(payload)
    note = item.get(TEXT)
    return spelled(item | {TEXT: note.get("sha256")} if isinstance(note, dict) else item)


def _is_text(value: Any) -> bool:
    return value != "" and isinstance(value, str | int | float) and not isinstance(value, bool)


MOST_FOLDERS = 1_000  # that an item names; what names more is kept as it came, since each is looked for under a lock
TEXTS = {
    "title": "Texts",
    "type": ["array", "string", "number", "null"],
    "items": {"type": ["string", "number"]},
}
FOLDERS = TEXTS | {"title": "Folders", "maxItems": MOST_FOLDERS}
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts), WithJsonSchema(TEXTS)]


class MailContainerItem(IdentifiedItem, ChangeableItem):
    """A folder or a label, which messages name by its id."""

    types: ClassVar = ("MailContainerModel", "MailContainer")
    model: ClassVar = MailFolder
    examples: ClassVar = ({"@type": "MailContainer", "id": "inbox", "name": "Inbox"},)

    name: Text = ""

    def columns(self) -> dict[str, Any]:
        return {"identifier": self.id, "name": self.name}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(MailFolder, arrival, self.identity(arrival.whole), self.columns())[1]


class MailMessageItem(Item):
    """A message, whose bytes identify it. The same one again may be in other folders and have other labels, which are
    added to those that it has, and other flags, which it has from then on."""

    types: ClassVar = ("MailMessageModel", "MailMessage")
    model: ClassVar = MailMessage
    has_file_in_json: ClassVar = True
    identified_by: ClassVar = (("raw",),)
    examples: ClassVar = (
        {
            "@type": "MailMessage",
            "rawString": "RnJvbTogYWRhQGV4YW1wbGUub3JnDQpTdWJqZWN0OiBIZWxsbw0KDQpBIGZpcnN0IG1lc3NhZ2UuDQo=",
            "containerIds": ["inbox"],
        },
    )

    raw: Annotated[Written, WithJsonSchema(BASE64)] = Field(validation_alias=TEXT)
    container_ids: Annotated[Texts, WithJsonSchema(FOLDERS)] = Field(
        default=(), validation_alias="containerIds", max_length=MOST_FOLDERS
    )
    said_labels: Texts = Field(default=(), validation_alias="labels")
    label_ids: Texts = Field(default=(), validation_alias="labelIds")
    said_flags: Texts = Field(default=(), validation_alias="flags")
    is_read: Flag = Field(default=None, validation_alias="isRead")
    is_starred: Flag = Field(default=None, validation_alias="isStarred")
    _content_says: dict[str, Any] = PrivateAttr(default={})

    @classmethod
    def fits(cls, *, has_file: bool) -> bool:
        return has_file

    def looking_into(self, begin: bytes, size: int) -> Self:
        """One that is larger than what is there is looked through by a worker, but for its headers."""
        message = MessageParts.read([begin])
        says = columns_of(message) | {"is_unread": size > len(begin)}
        if says["is_unread"]:
            says |= {"attachments": "", "problems": ""}
        found = self.model_copy()
        found._content_says = says
        return found

    def identity(self, whole: WholeItem) -> str:
        return digest(self.raw.sha256)

    def columns(self) -> dict[str, Any]:
        """Returns what the item says besides the message."""
        marks = {"seen": self.is_read, "flagged": self.is_starred}
        said = {"labels": lines([*self.said_labels, *self.label_ids])}
        if self.said_flags or any(value is not None for value in marks.values()):
            said["flags"] = lines([*self.said_flags, *(name for name, value in marks.items() if value)])
        return said

    def columns_anew(self, standing: dict[str, Any]) -> dict[str, Any]:
        """Labels have come with other items, too, and the rest is what the message says."""
        return {}

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        identity = self.identity(arrival.whole)
        record = records.find(MailMessage, arrival, identity)
        if record is None:
            return self._create(arrival, identity)
        if records.stays_deleted(record, arrival):
            return deleted_answer(record.doc_id)
        changes = self._changes(record)
        is_new = self._say(record, arrival, is_forced=bool(changes))
        if record.trashed_at is not None:
            changes["trashed_at"] = None
        for name, value in changes.items():
            setattr(record, name, value)
        if changes:
            record.save(update_fields=list(changes))
        is_placed = self._put_in_folders(arrival, record)
        status = ItemStatus.UPDATED if changes or is_new or is_placed else ItemStatus.UNCHANGED
        return ItemAnswer(record.doc_id, status)

    def _create(self, arrival: IncomingItem, identity: str) -> ItemAnswer:
        says, own, doc_id = dict(self._content_says), self.columns(), new_doc_id()
        references, key = says.pop("references", ()), says.get("message_key", "")
        thread = thread_for(arrival.owner.pk, key, references, doc_id)
        own = {name: together(says.get(name, ""), value) for name, value in own.items()}
        columns = says | own | {"thread": thread, "doc_id": doc_id, "content_id": arrival.file.pk}
        record = records.create(MailMessage, arrival, identity, columns, needs_key=bool(self.container_ids))
        gather(arrival.owner.pk, key, thread)
        self._put_in_folders(arrival, record)
        if record.is_unread:
            transaction.on_commit(waking.wake)
        return ItemAnswer(doc_id, ItemStatus.CREATED)

    def _changes(self, record: MailMessage) -> dict[str, Any]:
        """Returns the columns that say something else now."""
        said = self.columns()
        said["labels"] = together(record.labels, said["labels"])
        return {name: value for name, value in said.items() if getattr(record, name) != value}

    def _say(self, record: MailMessage, arrival: IncomingItem, *, is_forced: bool) -> bool:
        """Lets the record have the item, and keeps what it had. Returns whether it says something that nobody had said
        before: one that is in two folders comes twice with every job, as two items."""
        if records.same_item(record.payload, arrival, says):
            return False
        kept = Revision.objects.filter(owner_id=record.owner_id, kind="mailmessage", doc_id=record.doc_id)
        earlier = kept.values_list("payload", flat=True)
        is_known = any(records.same_item(payload, arrival, says) for payload in earlier.iterator())
        if is_known and not is_forced:
            return False
        if kept.filter(payload=record.payload).exists():
            arrival.new_json_bytes -= len(record.payload.encode())
        else:
            records.remember(record, arrival)
        records.replace(record, arrival, {})
        return True

    def _put_in_folders(self, arrival: IncomingItem, record: MailMessage) -> bool:
        """Returns whether it is in a folder in which it was not."""
        is_placed = False
        for named in dict.fromkeys(self.container_ids):
            folder = records.container_for(MailFolder, arrival, digest(as_it_came(named)), named)
            is_placed |= statements.insert(MailPlace(message_id=record.pk, folder_id=folder.pk), unless_there=True)
        return is_placed
