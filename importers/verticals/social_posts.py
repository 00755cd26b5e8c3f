"""SOCIAL-POSTS: what people posted."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import AliasPath, Field

from importers import records
from importers.arrival import Arrival, Saved
from importers.digests import digest
from importers.documents import Document, Kind
from importers.merging import Plain
from importers.models import SocialActivity
from importers.snapshots import Snapshot
from importers.verticals.item import Item
from importers.wire import Identifier, Moment, Text


class SocialActivityItem(Item):
    types: ClassVar = ("SocialActivity", "SocialActivityData")

    id: Identifier = Field(validation_alias=AliasPath("activity", "id"))
    actor_name: Text = Field(default="", validation_alias=AliasPath("metadata", "actor", "name"))
    activity_type: Text = Field(default="", validation_alias=AliasPath("activity", "type"))
    title: Text = Field(default="", validation_alias=AliasPath("activity", "title"))
    content: Text = Field(default="", validation_alias=AliasPath("activity", "content"))
    url: Text = Field(default="", validation_alias=AliasPath("activity", "url"))
    published: Moment = Field(default=None, validation_alias=AliasPath("activity", "published"))

    def save(self, arrival: Arrival) -> Saved:
        columns = {
            "identifier": self.id,
            "actor_name": self.actor_name,
            "activity_type": self.activity_type,
            "title": self.title,
            "content": self.content,
            "url": self.url,
            "published_at": self.published,
        }
        return records.save_once(SocialActivity, arrival, digest(self.id), columns)[1]


ITEMS = (SocialActivityItem,)

POSTS = Kind(
    SocialActivity,
    "org.wharf.social.posts",
    ("identifier", "activity_type", "actor_name", "title", "content", "url", "published_at"),
)
KINDS = (POSTS,)
DOCTYPES = (POSTS.doctype,)
COUNTED = (SocialActivity,)


def documents(snapshot: Snapshot) -> Iterator[Document]:
    """A document per post."""
    return POSTS.documents(snapshot)


RETURNING = {(POSTS.doctype, POSTS.name): Plain(POSTS, "social-posts")}
