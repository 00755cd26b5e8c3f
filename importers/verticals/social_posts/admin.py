"""What people posted."""

from django.contrib import admin
from django.utils.translation import pgettext_lazy

from accounts.admin.words import column
from importers.admin.records import RecordAdmin, short
from importers.verticals.social_posts.documents import POSTS
from importers.verticals.social_posts.models import SocialActivity


class SocialActivityAdmin(RecordAdmin):
    columns = ("activity_type", "by", "published")
    published = column("published_at")
    facts = POSTS.columns
    large = ("payload", "content", "attachments")
    words = ("title", "content", "actor_name", "place", "attachments")

    @admin.display(description=pgettext_lazy("what somebody has posted", "post"))
    def named(self, record: SocialActivity) -> str:  # type: ignore[override]
        """Its title, or what identifies it at its source."""
        return short(record.title or record.identifier)

    @admin.display(description=pgettext_lazy("whose post it is", "by"))
    def by(self, record: SocialActivity) -> str:
        return short(record.actor_name) or "–"


admin.site.register(SocialActivity, SocialActivityAdmin)
