"""Social posts from a JSON file: one actor, and what they posted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importers.sending.items import OutgoingItem


def posts_in(path: Path) -> Iterator[OutgoingItem]:
    """The items of `{"actor": {id, name, url}, "posts": [{id, published, type, title, content, ...}]}`, in its order.

    What a post does not say is sent as null or empty, as workers do. Raises `OSError`, or `ValueError` and `KeyError`
    when the file is not that.
    """
    written = json.loads(path.read_text("utf-8"))
    actor = {"@type": "SocialActivityActor", **written["actor"]}
    for post in written["posts"]:
        yield _post(actor, post)


def _post(actor: dict[str, Any], post: dict[str, Any]) -> OutgoingItem:
    location = post.get("location")
    activity = {
        "@type": "SocialActivityModel",
        "id": post["id"],
        "published": post["published"],
        "type": post.get("type", "NOTE"),
        "attachments": [
            {"@type": "SocialActivityAttachment", **attachment} for attachment in post.get("attachments", [])
        ],
        "location": {"@type": "SocialActivityLocation", **location} if location else None,
        "title": post.get("title"),
        "content": post.get("content"),
        "url": post.get("url"),
    }
    payload = {
        "@type": "SocialActivity",
        "metadata": {"@type": "SocialActivityMetadata", "actor": actor},
        "activity": activity,
    }
    return OutgoingItem("social-posts", f"post {post.get('title') or post['id']}", payload)
