"""SOCIAL-POSTS: what people posted."""

from django.utils.translation import gettext_lazy as _

from importers.vertical import Vertical
from importers.verticals.social_posts.documents import POSTS
from importers.verticals.social_posts.formats import ACTIVITIES
from importers.verticals.social_posts.items import SocialActivityItem
from importers.verticals.social_posts.site import SITE


class SocialPostsVertical(Vertical):
    """Posts, check-ins, comments."""

    title = _("Posts")
    items = (SocialActivityItem,)
    kinds = (POSTS,)
    formats = (ACTIVITIES,)
    site = SITE


VERTICAL = SocialPostsVertical()
