"""How posts are shown: a timeline."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from importers.models import Container
from importers.pages.kinds import RecordPages, register
from importers.verticals.social_posts.models import SocialActivity

MOST_TEXT = 1_500  # characters of a post in the timeline
MOST_ATTACHED = 10


@dataclass(frozen=True)
class TimelinePost:
    """A post in the timeline. `cut`: its page has more of its text."""

    post: Any
    address: str
    text: str
    cut: bool

    @property
    def attachments(self) -> list[str]:
        return (self.post.attachments or "").splitlines()[:MOST_ATTACHED]


@register(SocialActivity)
class PostPages(RecordPages):
    """A post has seldom a title; then it is called by how it begins."""

    words: ClassVar = {
        "activity_type": _("Kind"),
        "actor_name": pgettext_lazy("whose post it is", "By"),
        "actor_url": _("Their page"),
        "content": _("Text"),
        "url": _("Where it stood"),
        "identifier": "",
    }
    title_columns: ClassVar = ("content",)
    loaded: ClassVar = ("actor_name", "activity_type", "attachments", "place", "published_at")
    list_template: ClassVar = "social_posts/timeline.html"

    def list_context(self, records: list[Any], container: Container | None = None) -> dict[str, Any]:
        return {"posts": [self._post(record) for record in records]}

    def _post(self, record: Any) -> TimelinePost:
        text = record.content
        return TimelinePost(record, self.address(record), text[:MOST_TEXT], len(text) > MOST_TEXT)
