"""SOCIAL-POSTS: what people posted."""

from importers.vertical import Vertical
from importers.verticals.social_posts.documents import POSTS
from importers.verticals.social_posts.items import SocialActivityItem


class SocialPostsVertical(Vertical):
    """Posts, check-ins, comments."""

    title = "Posts"
    items = (SocialActivityItem,)
    kinds = (POSTS,)


VERTICAL = SocialPostsVertical()
