"""Messages and a folder as samples; see tests/support/samples.py."""

import base64
import json
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from django.utils import timezone

from importers.digests import digest
from importers.verticals.mail.models import MailFolder, MailMessage, MailPlace
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def message(subject: str = "Grüße aus Lissabon", text: str = "Bom dia, Grace!\n", **headers: str) -> bytes:
    """A message with a photo."""
    made = EmailMessage(policy=SMTP)
    said = {"From": "Ada Lovelace <ada@example.org>", "To": "Grace Höpper <grace@example.org>, bob@example.org"}
    said |= {"Date": "Thu, 26 Nov 2026 10:00:00 +0100", "Message-ID": f"<{digest(subject)[:8]}@example.org>"}
    for name, value in (
        said | {"Subject": subject} | {key.replace("_", "-"): said for key, said in headers.items()}
    ).items():
        made[name] = value
    made.set_content(text)
    made.add_attachment(b"\x89PNG" * 100, maintype="image", subtype="png", filename="Straße.png")
    made.set_boundary("between-parts")
    return made.as_bytes()


def mail(raw: bytes, *folders: str, **more: Any) -> dict[str, Any]:
    """An item as workers send it."""
    text = base64.urlsafe_b64encode(raw).decode()
    return {"@type": "MailMessageModel", "rawString": text, "containerIds": list(folders), **more}


def folder(identifier: str, name: str) -> dict[str, Any]:
    return {"@type": "MailContainerModel", "id": identifier, "name": name}


def rows(account: SampleAccount) -> None:
    now = timezone.now()
    inbox = MailFolder.objects.create(
        **account.columns("MailContainerModel", identifier=f"i{account.seed}", name="Inbox", arrived_at=now)
    )
    note = {"alphabet": "base64url", "length": 4, "sha256": account.content.sha256}
    payload = json.dumps({"@type": "MailMessageModel", "rawString": note})
    columns = account.columns("MailMessageModel") | {"payload": payload, "identity": digest(account.content.sha256)}
    one = MailMessage.objects.create(**columns, content=account.content, subject="A sample", thread="t")
    MailPlace.objects.create(message=one, folder=inbox)


def send(exporter: Exporter) -> None:
    exporter.send("mail", folder("inbox", "Inbox"))
    exporter.send("mail", mail(message(), "inbox", "label"))
    exporter.send("mail", mail(message("Re: Grüße", In_Reply_To=f"<{digest('Grüße aus Lissabon')[:8]}@example.org>")))
