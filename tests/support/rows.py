"""Rows of every kind, made straight in the database, for pages that show what came in."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.utils import timezone

from accounts.models import User
from importers.models import BinJob, Content, Deletion, Holding, Rejection, Source, Transfer, TransferCount, Upload
from tests.support.samples import SampleAccount, fill_rows


def person(name: str, **columns: Any) -> User:
    return User.objects.create(username=name, email=f"{name}@example.org", **columns)


def content(seed: str, size: int = 1234) -> Content:
    return Content.objects.create(sha256=sha256(seed.encode()).hexdigest(), crc32=0xAB, size=size, storage_key=seed)


def transfer(owner: User, seed: str, **columns: Any) -> Transfer:
    source = Source.objects.create(owner=owner, client_id=f"id-{seed}", client_name="Cloud One", service=f"S {seed}")
    now = timezone.now()
    return Transfer.objects.create(
        **{
            "source": source,
            "owner": owner,
            "job_id": f"job-{seed}",
            "recurring_job_id": f"again-{seed}",
            "first_item_at": now - timedelta(minutes=3, seconds=20),
            "last_item_at": now,
            "items": 12,
            "received_bytes": 1500,
            **columns,
        }
    )


def rejection(of: Transfer, seed: str, **columns: Any) -> Rejection:
    columns = {"item": b'{"@type": "Photo"}', "code": "invalid_item", "reason": "name: missing", **columns}
    return Rejection.objects.create(
        transfer=of,
        vertical="photos",
        status=400,
        item_size=len(columns["item"]),
        item_sha256=sha256(seed.encode()).hexdigest(),
        **columns,
    )


def everything(seed: str) -> User:
    """One row of every model, all of them linked to each other, for a person of their own."""
    owner = person(f"p{seed}")
    bytes_ = content(f"bytes-{seed}")
    Holding.objects.create(owner=owner, content=bytes_)
    Upload.objects.create(owner=owner, reserved_bytes=10, expires_at=timezone.now())
    brought = transfer(owner, seed, rejected=2, outcome=Transfer.Outcome.REFUSALS)
    TransferCount.objects.create(transfer=brought, vertical="photos", created=3, rejected=2, received_bytes=1500)
    TransferCount.objects.create(transfer=brought, vertical="blobs", created=9)
    rejection(brought, seed)
    rejection(brought, f"{seed}-full", code="destination_full", reason="No room.")
    deleted = {"kind": "photo", "identity": f"deleted-{seed}", "doc_id": f"deleted-{seed}"}
    Deletion.objects.create(owner=owner, source=brought.source, transfer=brought, **deleted)
    BinJob.objects.create(owner=owner, action="throw", chosen=[], title="all photos", ended_at=timezone.now())
    fill_rows(SampleAccount(owner, seed, brought, bytes_))
    return owner
