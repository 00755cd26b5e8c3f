"""Posts as ActivityStreams 2.0: an `outbox.json` and an `actor.json`, as archives of Mastodon have them."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from pydantic_core import to_json

from importers.documents.snapshot import ROWS_AT_ONCE, Snapshot
from importers.formats.format import Format
from importers.verticals.social_posts.activity import PostRow, actor_of
from importers.verticals.social_posts.models import SocialActivity

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
# What its vocabulary has no word for: as the service calls the post, and what kind of thing it is there.
CONTEXT = [
    ACTIVITY_STREAMS,
    {"identifier": "https://schema.org/identifier", "additionalType": "https://schema.org/additionalType"},
]
OUTBOX, ACTOR = "outbox.json", "actor.json"


def posts(snapshot: Snapshot) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields name and bytes of the one file that all posts are in, and of another one where all are by one person."""
    rows = snapshot.of(SocialActivity, owner_id=snapshot.owner.pk, trashed_at=None)
    number = rows.count()
    if not number:
        return
    newest_first = (F("published_at").desc(nulls_last=True), snapshot.from_the_end("doc_id"), "-pk")
    columns = snapshot.for_json(SocialActivity, PostRow._fields)
    found = rows.order_by(*newest_first).values_list(*columns).iterator(chunk_size=ROWS_AT_ONCE)
    yield OUTBOX, _outbox(number, found)
    actors = list(rows.order_by().values_list("actor_name", "actor_url").distinct()[:2])
    if len(actors) == 1 and any(actors[0]):
        yield ACTOR, iter([_actor(*actors[0])])


def _outbox(number: int, rows: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
    """A collection in its order, the newest first (ActivityPub, section 5.1)."""
    head = {"@context": CONTEXT, "id": OUTBOX, "type": "OrderedCollection", "totalItems": number, "orderedItems": []}
    yield json.dumps(head).encode()[:-2]
    comma = b"\n"
    for row in rows:
        yield comma + to_json(PostRow(*row).activity)
        comma = b",\n"
    yield b"\n]}\n"


def _actor(name: str, url: str | None) -> bytes:
    said = actor_of(name, url or "")
    person = said if isinstance(said, dict) else {"type": "Person", "url": said}
    return to_json({"@context": CONTEXT, **person, "outbox": OUTBOX}) + b"\n"


ACTIVITIES = Format(
    "activitystreams",
    "application/activity+json",
    "Posts",
    posts,
    "ActivityStreams 2.0",
    _("For programs that read archives of Mastodon."),
)
