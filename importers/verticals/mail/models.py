"""Messages, and the folders and labels that they are in."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.models.content import Content, WithFile
from importers.models.record import Container, Record, by_date

EML_SUFFIX = ".eml"
MESSAGE_COLUMNS = (
    "subject",
    "sender",
    "recipients",
    "sent_at",
    "message_id",
    "message_key",
    "thread",
    "labels",
    "flags",
    "attachments",
    "begins",
    "problems",
)


class MailFolder(Container):
    """A folder, or what a service calls a label."""

    class Meta(Container.Meta):
        verbose_name = _("mail folder")

    def adopt(self, other: Record) -> int:
        """Takes over the messages of another row that are not in this one."""
        own = MailPlace.objects.filter(folder=self).values("message")
        MailPlace.objects.filter(folder_id=other.pk).exclude(message__in=own).update(folder=self)
        return 0


class MailMessage(WithFile, Record):
    """A message: its bytes are content, and the payload has a note of how they were written in their place.

    `recipients`, `labels`, `flags`: one a line; `attachments`: type, size in bytes and name of each, with tabs between
    them; `begins`: how its text begins; `problems`: what is broken of it, in sentences. `message_key`: the digest of
    its Message-ID; `thread`: the same for all messages that answer one another. `is_unread`: nobody has looked through
    all of its content yet, which a worker does.
    """

    from_payload: ClassVar[frozenset[str]] = frozenset([*MESSAGE_COLUMNS, "is_unread"])

    content = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="mail_messages")
    folders = models.ManyToManyField(MailFolder, through="MailPlace", related_name="messages")
    subject = models.TextField(blank=True)
    sender = models.TextField(blank=True)
    recipients = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.TextField(blank=True)
    message_key = models.CharField(max_length=32, blank=True)
    thread = models.CharField(max_length=32, blank=True)
    labels = models.TextField(blank=True)
    flags = models.TextField(blank=True)
    attachments = models.TextField(blank=True)
    begins = models.TextField(blank=True)
    problems = models.TextField(blank=True)
    is_unread = models.BooleanField(default=False)

    class Meta(Record.Meta):
        verbose_name = _("message")
        indexes = [
            *Record.Meta.indexes,
            by_date("sent_at"),
            models.Index(fields=["owner", "message_key"], name="mailmessage_by_key"),
            models.Index(fields=["owner", "thread"], name="mailmessage_by_thread"),
            models.Index(fields=["id"], condition=models.Q(is_unread=True), name="mailmessage_unread"),
        ]

    def __str__(self) -> str:
        return self.subject or self.begins[:80] or gettext("message %(id)s") % {"id": self.doc_id}

    @property
    def file_name(self) -> str:
        """What it is saved as."""
        return eml_name(self.sent_at, self.subject)

    def adopt(self, other: Record) -> int:
        """Takes over the folders of another row for this message."""
        own = MailPlace.objects.filter(message=self).values("folder")
        MailPlace.objects.filter(message_id=other.pk).exclude(folder__in=own).update(message=self)
        return 0


def eml_name(sent_at: Any, subject: str) -> str:
    """Returns what a message is called as a file: its day and its subject."""
    stem = " ".join(
        filter(None, (f"{sent_at:%Y-%m-%d}" if sent_at else "", subject[:80].strip() or "Without a subject"))
    )
    return f"{stem}{EML_SUFFIX}"


class MailPlace(models.Model):
    """That a message is in a folder."""

    message = models.ForeignKey(MailMessage, on_delete=models.CASCADE, related_name="places")
    folder = models.ForeignKey(MailFolder, on_delete=models.CASCADE, related_name="places")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "folder"], name="message_in_folder_once")]

    def __str__(self) -> str:
        return f"{self.message} in {self.folder}"
