"""Posts on the wire."""

from typing import Any, ClassVar

from pydantic import AliasPath, Field

from importers.digests import digest
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer, WholeItem
from importers.items.item import Item
from importers.items.wire import Identifier, Moment, Text
from importers.verticals.social_posts.models import SocialActivity


class SocialActivityItem(Item):
    types: ClassVar = ("SocialActivity", "SocialActivityData")
    model: ClassVar = SocialActivity

    id: Identifier = Field(validation_alias=AliasPath("activity", "id"))
    actor_name: Text = Field(default="", validation_alias=AliasPath("metadata", "actor", "name"))
    activity_type: Text = Field(default="", validation_alias=AliasPath("activity", "type"))
    title: Text = Field(default="", validation_alias=AliasPath("activity", "title"))
    content: Text = Field(default="", validation_alias=AliasPath("activity", "content"))
    url: Text = Field(default="", validation_alias=AliasPath("activity", "url"))
    published: Moment = Field(default=None, validation_alias=AliasPath("activity", "published"))

    def identity(self, whole: WholeItem) -> str:
        return digest(self.id)

    def columns(self) -> dict[str, Any]:
        return {
            "identifier": self.id,
            "actor_name": self.actor_name,
            "activity_type": self.activity_type,
            "title": self.title,
            "content": self.content,
            "url": self.url,
            "published_at": self.published,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(SocialActivity, arrival, self.identity(arrival.whole), self.columns())[1]
