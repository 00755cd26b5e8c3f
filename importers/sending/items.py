"""What one request carries: an item's payload in its envelope, and the file that goes with it."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

API_VERSION = "0.1.0"

# Where each type's shape is defined, as workers name it in the envelope.
_REPOSITORY = "https://github.com/dtinit/data-transfer-project/blob/master"
_GENERIC = (
    "/extensions/data-transfer/portability-data-transfer-generic"
    "/src/main/java/org/datatransferproject/datatransfer/generic"
)
_MODELS = "/portability-types-common/src/main/java/org/datatransferproject/types/common/models"
SCHEMA_SOURCES = {
    "Folder": f"{_REPOSITORY}{_GENERIC}/BlobbySerializer.java",
    "File": f"{_REPOSITORY}{_GENERIC}/BlobbySerializer.java",
    "Album": f"{_REPOSITORY}{_MODELS}/media/MediaAlbum.java",
    "Photo": f"{_REPOSITORY}{_GENERIC}/MediaSerializer.java",
    "Video": f"{_REPOSITORY}{_GENERIC}/MediaSerializer.java",
    "Calendar": f"{_REPOSITORY}{_MODELS}/calendar/CalendarModel.java",
    "CalendarEvent": f"{_REPOSITORY}{_MODELS}/calendar/CalendarEventModel.java",
    "ContactsModelWrapper": f"{_REPOSITORY}{_MODELS}/contacts/ContactsModelWrapper.java",
    "MailContainerModel": f"{_REPOSITORY}{_MODELS}/mail/MailContainerModel.java",
    "MailMessageModel": f"{_REPOSITORY}{_MODELS}/mail/MailMessageModel.java",
    "SocialActivity": f"{_REPOSITORY}{_GENERIC}/SocialPostsSerializer.java",
    "TaskList": f"{_REPOSITORY}{_MODELS}/tasks/TaskListModel.java",
    "Task": f"{_REPOSITORY}{_MODELS}/tasks/TaskModel.java",
    "MusicPlaylist": f"{_REPOSITORY}{_MODELS}/music/MusicPlaylist.java",
    "MusicPlaylistItem": f"{_REPOSITORY}{_MODELS}/music/MusicPlaylistItem.java",
    "MusicRecording": f"{_REPOSITORY}{_MODELS}/music/MusicRecording.java",
    "MusicRelease": f"{_REPOSITORY}{_MODELS}/music/MusicRelease.java",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """The file that goes with an item: where it is, and the MIME type that its part says."""

    path: Path
    mime_type: str


@dataclass(frozen=True, slots=True)
class OutgoingItem:
    """One thing to send. `vertical` is the last part of the path, `label` what a person knows it by."""

    vertical: str
    label: str
    payload: dict[str, Any]
    attachment: Attachment | None = None

    @property
    def type(self) -> str:
        """Its `@type`; empty where it has none."""
        return str(self.payload.get("@type", ""))

    def envelope(self) -> bytes:
        """The JSON that is sent: UTF-8, the payload inside the `GenericPayload` of today's workers."""
        envelope = {
            "@type": "GenericPayload",
            "schemaSource": SCHEMA_SOURCES.get(self.type),  # of notes and offline data there is none
            "apiVersion": API_VERSION,
            "payload": self.payload,
        }
        return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def folder(path: str) -> OutgoingItem:
    """A folder of files; `path` begins with a slash."""
    return OutgoingItem("blobs", path, {"@type": "Folder", "path": path})


def file(folder_path: str, name: str, modified: str, attachment: Attachment) -> OutgoingItem:
    """A file in a folder that was sent before, or in the root (`/`). `modified` is an RFC 3339 time."""
    payload = {"@type": "File", "folder": folder_path, "name": name, "dateModified": modified}
    return OutgoingItem("blobs", f"{folder_path.rstrip('/')}/{name}", payload, attachment)


def album(identifier: str, name: str, description: str | None) -> OutgoingItem:
    """An album. What is in it names it by its identifier."""
    return OutgoingItem(
        "media",
        f"album {name}",
        {"@type": "Album", "id": identifier, "name": name, "description": description},
    )


def medium(
    album_id: str | None,
    name: str,
    uploaded: str,
    attachment: Attachment,
    description: str | None = None,
    favorite: bool | None = None,
    place: dict[str, float] | None = None,
) -> OutgoingItem:
    """A photo or a video, by its MIME type. `uploaded` is an RFC 3339 time; `place` has latitude and longitude."""
    payload: dict[str, Any] = {
        "@type": "Video" if attachment.mime_type.startswith("video/") else "Photo",
        "name": name,
        "description": description,
        "albumId": album_id,
        "uploadedTime": uploaded,
        "favoriteInfo": None if favorite is None else {"favorite": favorite, "lastUpdateTime": None},
    }
    if place:
        payload["location"] = place
    return OutgoingItem("media", f"{album_id or ''}/{name}", payload, attachment)


def moment(time_ns: int) -> str:
    """Nanoseconds since the epoch as an RFC 3339 time in UTC, with as many digits as it has."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def readable(name: str) -> str:
    """A name as Unicode text. Bytes that are not UTF-8 become U+FFFD, because JSON cannot say them."""
    return os.fsencode(name).decode("utf-8", "replace")
