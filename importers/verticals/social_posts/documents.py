"""Posts in archives."""

from django.utils.translation import gettext_lazy as _

from importers.documents.kind import RecordKind
from importers.verticals.social_posts.models import SocialActivity

POSTS = RecordKind(
    SocialActivity,
    "org.wharf.social.posts",
    (
        "identifier",
        "activity_type",
        "actor_name",
        "actor_url",
        "title",
        "content",
        "url",
        "published_at",
        "attachments",
        "place",
        "coordinates",
    ),
    heading="title",
    all_words=_("all posts"),
    no_words=_("no posts"),
    address="posts",
    at="published_at",
    searched=("title", "content", "actor_name", "place", "attachments"),
    search_number=8,
)
