"""Rows of every kind, made straight in the database, for pages that show what came in."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.utils import timezone

from accounts.models import User
from importers.digests import digest
from importers.models import Content, Holding, Rejection, Revision, Source, Transfer, TransferCount, Upload
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, AlbumPhoto, AlbumVideo, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from importers.verticals.unknown.models import UnknownItem


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

    def of(kind: str) -> dict[str, Any]:
        payload = json.dumps({"@type": kind, "seed": seed})
        return {
            "owner": owner,
            "source": brought.source,
            "transfer": brought,
            "identity": digest(kind, seed),
            "payload": payload,
        }

    folder = Folder.objects.create(**of("Folder"), identifier=f"/f{seed}", name=f"f{seed}", arrived_at=timezone.now())
    file = File.objects.create(
        **of("File"),
        folder=folder,
        content=bytes_,
        seen_in=brought,
        same_name=digest(seed),
        place=digest(seed),
        name="a.txt",
        shown_name="a.txt",
    )
    FileVersion.objects.create(
        file=file, owner=owner, content=bytes_, transfer=brought, payload="{}", received_at=timezone.now()
    )
    missing = Album.objects.create(**of("Album") | {"payload": ""}, identifier=f"missing-{seed}")
    photo = Photo.objects.create(**of("Photo"), content=bytes_, name="P.jpg", album_identifier=missing.identifier)
    AlbumPhoto.objects.create(item=photo, album=missing)
    AlbumPhoto.objects.create(item=photo, album=None, payload='{"@type": "Photo", "albumId": null}')
    video = Video.objects.create(**of("Video"), content=bytes_, name="V.mp4")
    AlbumVideo.objects.create(item=video, album=missing)
    calendar = Calendar.objects.create(**of("Calendar"), identifier=f"c{seed}", name="Home", arrived_at=timezone.now())
    CalendarEvent.objects.create(**of("CalendarEvent"), calendar=calendar, title="Tea", starts_at=timezone.now())
    SocialActivity.objects.create(**of("SocialActivity"), identifier=seed, activity_type="NOTE", title="Hello")
    UnknownItem.objects.create(**of("Poem"), vertical="blobs", type="Poem", content=bytes_)
    Revision.objects.create(owner=owner, transfer=brought, kind="photo", doc_id=photo.doc_id, payload='{"old": 1}')
    return owner
