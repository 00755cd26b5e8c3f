"""Folders and messages in archives: a document for each, and the message itself as a file that other programs open."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Min, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.digests import digest_id
from importers.documents.columns import zip_json
from importers.documents.cozy import directory_times, file_body
from importers.documents.doctypes import FILES
from importers.documents.document import STORED_COLUMNS, DirectoryDocument, ExportDocument, FileDocument, StoredBytes
from importers.documents.kind import RecordKind, record_rows
from importers.documents.snapshot import Beside, Snapshot
from importers.verticals.mail.models import MESSAGE_COLUMNS, MailFolder, MailMessage, MailPlace, eml_name
from importers.verticals.mail.searched import text_of

MIME = "message/rfc822"
FOLDERS = RecordKind(
    MailFolder,
    "org.wharf.mail.folders",
    ("identifier", "name", "arrived_at"),
    heading="name",
    all_words=_("all mail folders"),
    no_words=_("no mail folders"),
    missing=kept_text("The archive has messages of this folder, but not the folder: it is named %(name)s."),
    address="folders",
    by_name=True,
    searched=("name",),
    search_number=19,
)
MESSAGE_FILE = "file of a message"  # what `metadata.wharf.kind` says
DIRECTORY_NAME = "Mail"
DIRECTORY = "mail:"  # its key, which is no path: a person's own folder of this name is another one


class MessageKind(RecordKind):
    """Messages, each with the folders that it is in."""

    def texts(self, record: Any) -> Iterator[str]:
        """What its columns say, and how its text begins, which stands in its bytes."""
        yield from super().texts(record)
        if record.content is not None:
            yield text_of(record.content)

    def documents(self, snapshot: Snapshot) -> Iterator[ExportDocument]:
        places, own = _places(snapshot), snapshot.for_json(self.model, self.columns)
        for record in record_rows(snapshot, self.name, self.model, own):
            body = {"_id": record.doc_id, **zip_json(self.columns, record.columns)}
            body["folders"] = [folder for _, folder in places.of(record.doc_id)]
            body["metadata"] = {"wharf": record.facts}
            yield ExportDocument(self.doctype, record.doc_id, body)


def _places(snapshot: Snapshot) -> Beside:
    """Returns the ids of the folders that messages are in, in the order in which they were put there."""
    columns = ("message__doc_id", "folder__doc_id")
    return Beside(snapshot.rows(MailPlace, columns, order="message__doc_id", message__owner_id=snapshot.owner.pk))


MESSAGES = MessageKind(
    MailMessage,
    "org.wharf.mail.messages",
    MESSAGE_COLUMNS,
    heading="subject",
    at="sent_at",
    all_words=_("all messages"),
    no_words=_("no messages"),
    address="messages",
    searched=("subject", "sender", "recipients", "labels", "attachments", "begins"),
    searched_with=("content__storage_key", "content__size"),
    search_number=20,
)


def directories(snapshot: Snapshot) -> Iterator[ExportDocument]:
    """Yields the directory that messages are in, and those of folders that some stand in."""
    first = snapshot.of(MailMessage).exclude(content=None).aggregate(first=Min("received_at"))["first"]
    if first is None:
        return
    times = directory_times(first)
    yield DirectoryDocument(FILES, digest_id(DIRECTORY), times, key=DIRECTORY, parent="/", name=DIRECTORY_NAME)
    earlier = snapshot.of(MailPlace, message=OuterRef("message")).order_by("pk").values("pk")[:1]
    firsts = snapshot.of(MailPlace, message__owner_id=snapshot.owner.pk).exclude(message__content=None)
    firsts = firsts.filter(pk=Subquery(earlier)).order_by()
    filled = dict(firsts.values_list("folder_id").annotate(first=Min("message__received_at")))
    folders = snapshot.of(MailFolder).order_by(snapshot.by_code_points("doc_id"))
    for pk, doc_id, name, identifier in folders.values_list("pk", "doc_id", "name", "identifier").iterator():
        if pk in filled:
            key, times = f"{DIRECTORY}{doc_id}", directory_times(filled[pk])
            yield DirectoryDocument(FILES, digest_id(key), times, key=key, parent=DIRECTORY, name=name or identifier)


def files(snapshot: Snapshot) -> Iterator[FileDocument]:
    """Yields the messages, each once, in the directory of the folder that named it first."""
    places = _places(snapshot)
    columns = ("doc_id", "subject", "sent_at", "received_at", "trashed_at", *STORED_COLUMNS)
    rows = snapshot.rows(MailMessage, columns, owner_id=snapshot.owner.pk, content__isnull=False)
    for doc_id, subject, sent, received, trashed, *stored in rows:
        folder = next((named for _, named in places.of(doc_id)), "")
        yield _file(doc_id, subject, sent, received, StoredBytes(*stored), folder, is_trashed=trashed is not None)


def _file(
    doc_id: str,
    subject: str,
    sent: datetime | None,
    received: datetime,
    stored: StoredBytes,
    folder: str,
    *,
    is_trashed: bool,
) -> FileDocument:
    body = file_body(digest_id(DIRECTORY, doc_id), MIME, received, None, stored)
    body["referenced_by"] = [{"type": MESSAGES.doctype, "id": doc_id}]
    body["metadata"] = {"wharf": {"kind": MESSAGE_FILE, "message": doc_id, "sha256": stored.sha256}}
    return FileDocument(
        FILES,
        body["_id"],
        body,
        stored=stored,
        folder=f"{DIRECTORY}{folder}",
        name=eml_name(sent, subject),
        modified=sent or received,
        trashed=is_trashed,
    )
