"""Posts in archives."""

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
    at="published_at",
)
