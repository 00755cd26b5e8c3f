"""Folders and messages return: each message as its document says, and its bytes with the file that names it."""

from typing import Any

from accounts.texts import kept_text
from importers.digests import digest, waiting_identity
from importers.documents.arriving import ArrivingDocument, Outcome
from importers.documents.values import Unreadable, identifier
from importers.merging.context import MergeContext
from importers.merging.draft import RecordDraft
from importers.merging.one_by_one import OneByOneImporter
from importers.merging.plain import PlainImporter
from importers.merging.records import RecordImporter
from importers.models import Content, Record
from importers.models.record import NEVER
from importers.verticals.mail.items import MailMessageItem
from importers.verticals.mail.models import MESSAGE_COLUMNS, MailFolder, MailMessage, MailPlace
from importers.verticals.mail.reading import together
from importers.verticals.mail.threads import gather
from importers.verticals.mail.to_documents import MESSAGES

FOLDERS_UNREADABLE = kept_text("Which folders it is in can't be read.")
ID_OF_FOLDER = kept_text("The id of a folder")
ID_OF_MESSAGE = kept_text("The id of its message")
OTHER_BYTES = kept_text("The message that it belongs to has other bytes.")

PATH = "mail"
# What follows from a message's bytes, which are the same wherever it is; threads are those of the account.
FROM_CONTENT = frozenset(MESSAGE_COLUMNS) - {"flags"}


class MessageImporter(PlainImporter):
    """Messages, whose bytes mostly come after them."""

    def read(self, context: MergeContext, document: ArrivingDocument) -> list[RecordDraft]:
        (draft,) = super().read(context, document)
        folders = document.body.get("folders", [])
        if not isinstance(folders, list):
            raise Unreadable(FOLDERS_UNREADABLE)
        draft.entries = [(identifier(one, ID_OF_FOLDER), "") for one in folders]
        return [draft]

    def create(self, context: MergeContext, drafts: list[RecordDraft]) -> None:
        RecordImporter.create(self, context, drafts)

    def fit(self, context: MergeContext, draft: RecordDraft, record: Record) -> RecordDraft:
        """Returns what the document says, but for what is known here of the message."""
        fitted = super().fit(context, draft, record)
        if record.is_placeholder:
            return fitted
        return fitted.but({name: getattr(record, name) for name in FROM_CONTENT})

    def attach(self, context: MergeContext, pairs: list[tuple[RecordDraft, Any]]) -> None:
        """Puts them into folders, and adds their labels; they leave none."""
        folders = context.ids.containers(MailFolder, {one for draft, _ in pairs for one, _ in draft.entries if one})
        keys = [record.pk for _, record in pairs]
        here = set(MailPlace.objects.filter(message_id__in=keys).values_list("message_id", "folder_id"))
        new = []
        for draft, record in pairs:
            wanted = dict.fromkeys((record.pk, folders[named]) for named, _ in draft.entries if named)
            missing = [one for one in wanted if one not in here]
            here |= set(missing)
            new += [MailPlace(message_id=message, folder_id=folder) for message, folder in missing]
            labels = together(record.labels, draft.document.body.get("labels") or "")
            if labels != record.labels:
                record.labels = labels
                record.save(update_fields=["labels"])
                missing.append((record.pk, 0))
            if missing and Outcome.CREATED not in draft.document.outcomes:
                draft.document.became(Outcome.UPDATED)
            gather(context.owner.pk, record.message_key, record.thread)
        MailPlace.objects.bulk_create(new)


class MessageFileImporter(OneByOneImporter):
    """The bytes of messages. Where parts of an archive come in another order, they come first."""

    def bring_one(self, context: MergeContext, document: ArrivingDocument) -> None:
        named = identifier((document.facts or {}).get("message"), ID_OF_MESSAGE)
        here = context.ids.id_here(MESSAGES.name, named)
        message = MailMessage.objects.filter(owner=context.owner, doc_id=here).first()
        content = document.stored
        if message is None:
            self._stand_for(context, named, content)
            document.became(Outcome.CREATED)
        elif message.content_id == content.pk:
            document.became(Outcome.UNCHANGED)
        elif message.content_id is None and message.identity == digest(content.sha256):
            give_content(context, message, content)
            document.became(Outcome.CREATED)
        else:
            raise Unreadable(OTHER_BYTES)

    def _stand_for(self, context: MergeContext, doc_id: str, content: Content) -> None:
        """Makes a message of the bytes alone: the rest comes with its document, if that comes."""
        source, transfer = context.transfers.of_origin()
        MailMessage.objects.create(
            owner=context.owner,
            source_id=source,
            transfer_id=transfer,
            identity=waiting_identity(doc_id),
            doc_id=doc_id,
            content=content,
            is_unread=True,
            received_at=context.now,
            changed_at=NEVER,
        )


def give_content(context: MergeContext, message: MailMessage, content: Content) -> None:
    """The bytes of a message have come. What its document said of them is believed until a worker has read them."""
    message.content, message.is_unread = content, True
    message.save(update_fields=["content", "is_unread"])
    context.transfers.count_bytes(message.transfer_id, PATH, content.size)


MESSAGE_IMPORTER = MessageImporter(MESSAGES, PATH, (MailMessageItem,))
MESSAGE_FILE_IMPORTER = MessageFileImporter()
