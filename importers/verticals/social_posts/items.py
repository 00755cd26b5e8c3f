"""Posts on the wire."""

from typing import Annotated, Any, ClassVar

from pydantic import AliasPath, BeforeValidator, Field, WithJsonSchema

from importers.formats.local_time import ZonedMoment
from importers.items import records
from importers.items.arrival import IncomingItem, ItemAnswer
from importers.items.item import IdentifiedItem
from importers.items.wire import NUMBER, Identifier, Shape, Text
from importers.verticals.social_posts.models import SocialActivity

FARTHEST = {"latitude": 90, "longitude": 180}  # degrees from zero, either way


class AttachmentShape(Shape):
    """What is attached to a post, by its address."""

    type: Text = ""
    name: Text = ""
    content: Text = ""
    url: Text = ""

    @property
    def says_anything(self) -> bool:
        """Whether its `line` is not empty."""
        return bool(self.type or f"{self.name}{self.content}{self.url}".strip())

    @property
    def line(self) -> str:
        """What it says, in one line: "The harbour: A grey harbour in fog (IMAGE) https://social.example/m/1.jpg"."""
        called = ": ".join(filter(None, (self.name, self.content)))
        kind = f"({self.type})" if self.type else ""
        return " ".join(" ".join(filter(None, (called, kind, self.url))).split())


def _lines(attachments: Any) -> str:
    """One line for each attachment that says anything."""
    return "\n".join(filter(None, (one.line for one in _shapes(attachments))))


def _shapes(attachments: Any) -> list[AttachmentShape]:
    found = attachments if isinstance(attachments, list) else [attachments]
    return [AttachmentShape.model_validate(one) for one in found if isinstance(one, dict)]


def attachments_of(item: dict[str, Any]) -> list[AttachmentShape]:
    """Returns those of an item's attachments that say anything."""
    activity = item.get("activity")
    return [
        one for one in _shapes(activity.get("attachments") if isinstance(activity, dict) else None) if one.says_anything
    ]


def _coordinates(location: Any) -> str:
    """Latitude and longitude of a place that has both, as the item wrote them: numbers of JSON, in strings or not."""
    if not isinstance(location, dict):
        return ""
    degrees = []
    for name, most in FARTHEST.items():
        written = location.get(name)
        spelled = str(written).strip(" ") if isinstance(written, str | int | float) else ""
        if isinstance(written, bool) or not NUMBER.fullmatch(spelled) or abs(float(spelled)) > most:
            return ""
        degrees.append(spelled)
    return ",".join(degrees)


_DEGREES = {"type": ["number", "string", "null"]}
PLACE = WithJsonSchema({"type": ["object", "null"], "properties": dict.fromkeys(FARTHEST, _DEGREES)})
ATTACHMENTS = BeforeValidator(_lines, json_schema_input_type=list[AttachmentShape] | AttachmentShape | None)


class SocialActivityItem(IdentifiedItem):
    """A post, a check-in, a comment."""

    types: ClassVar = ("SocialActivity", "SocialActivityData")
    model: ClassVar = SocialActivity
    examples: ClassVar = (
        {
            "@type": "SocialActivity",
            "metadata": {"actor": {"id": "ada", "name": "Ada", "url": "https://social.example/@ada"}},
            "activity": {
                "id": "1",
                "published": "2024-11-27T13:16:32Z",
                "type": "NOTE",
                "title": None,
                "content": "Eleven minutes, and then it jammed.",
                "url": "https://social.example/@ada/1",
                "attachments": [{"type": "IMAGE", "url": "https://social.example/m/1.jpg", "name": "The engine"}],
                "location": {"name": "The yard", "latitude": 57.7, "longitude": "11.9"},
            },
        },
        {"@type": "SocialActivityData", "activity": {"id": "2", "published": 1731604863.845677, "content": "Fog."}},
    )

    id: Identifier = Field(validation_alias=AliasPath("activity", "id"))
    actor_name: Text = Field(default="", validation_alias=AliasPath("metadata", "actor", "name"))
    actor_url: Text = Field(default="", validation_alias=AliasPath("metadata", "actor", "url"))
    activity_type: Text = Field(default="", validation_alias=AliasPath("activity", "type"))
    title: Text = Field(default="", validation_alias=AliasPath("activity", "title"))
    content: Text = Field(default="", validation_alias=AliasPath("activity", "content"))
    url: Text = Field(default="", validation_alias=AliasPath("activity", "url"))
    published: ZonedMoment = Field(default=None, validation_alias=AliasPath("activity", "published"))
    attachments: Annotated[str, ATTACHMENTS] = Field(default="", validation_alias=AliasPath("activity", "attachments"))
    place: Text = Field(default="", validation_alias=AliasPath("activity", "location", "name"))
    coordinates: Annotated[str, BeforeValidator(_coordinates), PLACE] = Field(
        default="", validation_alias=AliasPath("activity", "location")
    )

    def columns(self) -> dict[str, Any]:
        return {
            "identifier": self.id,
            "actor_name": self.actor_name,
            "actor_url": self.actor_url,
            "activity_type": self.activity_type,
            "title": self.title,
            "content": self.content,
            "url": self.url,
            "published_at": self.published,
            "attachments": self.attachments,
            "place": self.place,
            "coordinates": self.coordinates,
        }

    def save(self, arrival: IncomingItem) -> ItemAnswer:
        return records.save_once(SocialActivity, arrival, self.identity(arrival.whole), self.columns())[1]
