"""Posts on the wire."""

from typing import ClassVar

from pydantic import AliasPath, Field

from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer
from importers.items.item import Item
from importers.items.wire import Identifier, Moment, Text
from importers.verticals.social_posts.models import SocialActivity


class SocialActivityItem(Item):
    types: ClassVar = ("SocialActivity", "SocialActivityData")

    id: Identifier = Field(validation_alias=AliasPath("activity", "id"))
    actor_name: Text = Field(default="", validation_alias=AliasPath("metadata", "actor", "name"))
    activity_type: Text = Field(default="", validation_alias=AliasPath("activity", "type"))
    title: Text = Field(default="", validation_alias=AliasPath("activity", "title"))
    content: Text = Field(default="", validation_alias=AliasPath("activity", "content"))
    url: Text = Field(default="", validation_alias=AliasPath("activity", "url"))
    published: Moment = Field(default=None, validation_alias=AliasPath("activity", "published"))

    def save(self, arrival: IncomingItem) -> ItemAnswer:
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
