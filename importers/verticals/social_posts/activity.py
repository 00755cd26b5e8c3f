"""A post as ActivityStreams 2.0 has it (https://www.w3.org/TR/activitystreams-core/, and its vocabulary)."""

import html
import re
import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from importers.documents.columns import as_json
from importers.items.wire import kept_item
from importers.verticals.social_posts.items import AttachmentShape, attachments_of

# Tags that posts of services have. Text with other pointed brackets is no HTML.
TAGS = re.compile(
    r"</?(?:a|b|blockquote|br|code|del|div|em|h[1-6]|i|img|li|ol|p|pre|s|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE
)
PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
HEX = re.compile("([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")
ADDRESS = re.compile(r"https?://[^/\s]", re.IGNORECASE)
# What attachments are called by exporters, and by ActivityStreams. Whatever else comes is a document.
ATTACHED = {"IMAGE": "Image", "PHOTO": "Image", "VIDEO": "Video", "AUDIO": "Audio", "LINK": "Page", "ARTICLE": "Page"}


class PostRow(NamedTuple):
    """A post: the columns that say something of it, as `Snapshot.for_json` has them, and its item. Whom it was for
    nobody knows: that is nobody."""

    doc_id: str
    payload: str
    identifier: str
    activity_type: str
    actor_name: str
    actor_url: str | None
    title: str
    content: str
    url: str
    published_at: datetime | str | None
    attachments: str | None
    place: str | None
    coordinates: str | None

    @property
    def activity(self) -> dict[str, Any]:
        """That it was made, by whom and when, and what it is."""
        actor, published = actor_of(self.actor_name, self.actor_url or ""), _time(self.published_at)
        own = self._id
        note = {
            "id": own,
            "type": "Note",
            "identifier": self.identifier,
            "additionalType": self.activity_type,
            "name": self.title,
            **_content(self.content),
            "url": self.url,
            "published": published,
            "attributedTo": actor,
            "location": self._location,
            "attachment": self._attached,
        }
        made: dict[str, Any] = {"id": f"{own}#create", "type": "Create"}
        if actor:
            made["actor"] = actor
        if published:
            made["published"] = published
        return {**made, "to": [], "cc": [], "object": _said(note)}

    @property
    def _id(self) -> str:
        """An address: the post's own where its service gives it one, else one that is the same in every archive."""
        if is_address(self.identifier):
            return self.identifier
        if (digits := HEX.fullmatch(self.doc_id)) is not None:
            return f"urn:uuid:{'-'.join(digits.groups())}"
        return uuid.uuid5(uuid.NAMESPACE_URL, self.doc_id).urn  # another server has named it

    @property
    def _location(self) -> dict[str, Any]:
        if not self.place and not self.coordinates:
            return {}
        latitude, _, longitude = (self.coordinates or "").partition(",")
        said: dict[str, Any] = {"name": self.place or ""}
        if longitude:
            said |= {"latitude": float(latitude), "longitude": float(longitude)}
        return {"type": "Place", **_said(said)}

    @property
    def _attached(self) -> list[dict[str, Any]]:
        if not self.attachments:
            return []
        item = kept_item(self.payload)
        return [_attachment(one) for one in attachments_of(item)] if item else []


@lru_cache(maxsize=256)
def actor_of(name: str, url: str) -> str | dict[str, Any]:
    """Returns who posted, by an address where there is only that, else with the name; to be read alone, as it is the
    same for all posts of one person."""
    if not name:
        return url
    return _said({"type": "Person", "id": url if is_address(url) else "", "name": name, "url": url})


def is_address(text: str) -> bool:
    """Returns whether this is an absolute address of the web, as identifiers are there."""
    if ADDRESS.match(text) is None:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and re.search(r"[\s<>\"\\^`{|}]", text) is None


def _attachment(one: AttachmentShape) -> dict[str, Any]:
    """`summary` is what it says: programs show it to who can't see the picture."""
    kind = ATTACHED.get(one.type.upper(), "Document")
    said = {"name": one.name, "summary": one.content, "url": one.url, "additionalType": one.type}
    return {"type": kind, **_said(said)}


def _content(text: str) -> dict[str, Any]:
    """Returns a text as HTML, which is what it is taken for, and as it came where that is none (ActivityPub,
    section 3.3)."""
    if not text or TAGS.search(text):
        return {"content": text}
    lines = "\n".join(text.strip().splitlines())  # however they end
    paragraphs = (html.escape(one, quote=False) for one in PARAGRAPH.split(lines))
    shown = "".join(f"<p>{one}</p>".replace("\n", "<br>") for one in paragraphs)
    return {"content": shown, "source": {"content": text, "mediaType": "text/plain"}}


def _time(moment: datetime | str | None) -> str:
    return as_json(moment).replace("+00:00", "Z") if moment else ""


def _said(properties: dict[str, Any]) -> dict[str, Any]:
    """Returns those that say something."""
    return {name: value for name, value in properties.items() if value or isinstance(value, float)}
