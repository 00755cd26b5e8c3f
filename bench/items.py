"""What the bench sends: posts and files as a worker sends them."""

import base64
import json
import os
from typing import Any
from uuid import uuid4

from bench.connection import head

JOB = str(uuid4())
SERVICE = "Bench"
BOUNDARY = uuid4().hex
WORDS = "The engine turned for eleven minutes before it jammed. A record, and the fourth this week. "


def post(identifier: str) -> bytes:
    """A social post of about 700 bytes."""
    activity: dict[str, Any] = {
        "@type": "SocialActivityModel",
        "id": identifier,
        "published": "2024-06-03T10:05:12.480Z",
        "type": "NOTE",
        "attachments": [],
        "location": None,
        "title": None,
        "content": WORDS * 2,
        "url": f"https://social.example/@ada/{identifier}",
    }
    actor = {"@type": "SocialActivityActor", "id": "ada", "name": "Ada", "url": "https://social.example/@ada"}
    metadata = {"@type": "SocialActivityMetadata", "actor": actor}
    return enveloped({"@type": "SocialActivity", "metadata": metadata, "activity": activity})


def post_request(token: str) -> bytes:
    """A whole request that brings a post which has never been sent."""
    body = post(uuid4().hex)
    return import_head(token, "social-posts", "application/json", len(body)) + body


def token_request(token: str) -> bytes:
    """A whole request that asks whether a token is good, and nothing else."""
    return head("GET", "/import/", Authorization=f"Bearer {token}")


def file_request(token: str, size: int) -> tuple[bytes, bytes]:
    """What stands before the `size` bytes of a file that has never been sent, and what stands after them."""
    item = enveloped({"@type": "File", "folder": "/bench", "name": f"{uuid4().hex}.bin", "dateModified": "2024-06-03"})
    before = _part("application/json", len(item)) + item + b"\r\n" + _part("application/octet-stream", size)
    after = f"\r\n--{BOUNDARY}--\r\n".encode()
    length = len(before) + size + len(after)
    return import_head(token, "blobs", f"multipart/related; boundary={BOUNDARY}", length) + before, after


def related_request(token: str, vertical: str, item: dict[str, Any], content: bytes) -> bytes:
    """A whole request that brings an item with its file."""
    text = enveloped(item)
    before = _part("application/json", len(text)) + text + b"\r\n" + _part("application/octet-stream", len(content))
    body = before + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return import_head(token, vertical, f"multipart/related; boundary={BOUNDARY}", len(body)) + body


def small_file_request(token: str, size: int) -> bytes:
    """A whole request that brings a file of `size` bytes which has never been sent."""
    before, after = file_request(token, size)
    return before + os.urandom(size) + after


def mail_request(token: str, size: int) -> bytes:
    """A whole request that brings a message of about `size` bytes which has never been sent."""
    body = enveloped(mail(size))
    return import_head(token, "mail", "application/json", len(body)) + body


def mail(size: int) -> dict[str, Any]:
    """A message of about `size` bytes that has never been sent."""
    name = uuid4().hex
    headers = {
        "From": "Ada Lovelace <ada@example.org>",
        "To": "Grace Hopper <grace@example.org>, charles@example.org",
        "Subject": f"The engine, day {name}",
        "Date": "Mon, 3 Jun 2024 10:05:12 +0000",
        "Message-ID": f"<{name}@example.org>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    said = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    raw = f"{said}\r\n{WORDS * (size // len(WORDS))}".encode()
    text = base64.urlsafe_b64encode(raw).decode()
    return {"@type": "MailMessageModel", "rawString": text, "containerIds": ["INBOX"]}


def _part(content_type: str, size: int) -> bytes:
    return f"--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n".encode()


def enveloped(item: dict[str, Any]) -> bytes:
    envelope = {"@type": "GenericPayload", "schemaSource": "bench", "apiVersion": "0.1.0", "payload": item}
    return json.dumps(envelope).encode()


def import_head(token: str, vertical: str, content_type: str, length: int) -> bytes:
    return head(
        "POST",
        f"/import/{vertical}",
        Authorization=f"Bearer {token}",
        Content_Type=content_type,
        Content_Length=length,
        X_DTP_Export_Service=SERVICE,
        X_DTP_Job_Id=JOB,
    )
