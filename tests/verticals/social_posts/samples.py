"""Posts as samples; see tests/support/samples.py."""

import json
from typing import Any

from django.db import transaction

from importers.statements import insert_all
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person
from tests.support.samples import SampleAccount

POSTS = "org.wharf.social.posts"


def rows(account: SampleAccount) -> None:
    SocialActivity.objects.create(
        **account.columns("SocialActivity"), identifier=account.seed, activity_type="NOTE", title="Hello"
    )


def send(exporter: Exporter) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p1", "content": "Hello <world>"}})


def many(person: Person, number: int, name: str = "post") -> None:
    """Posts like the one with the identifier "first", straight in the database."""
    one = SocialActivity.objects.get(owner=person.row, identifier="first")
    columns = {name: getattr(one, name) for name in ("owner_id", "source_id", "transfer_id", "payload", "title")}
    with transaction.atomic():
        insert_all(SocialActivity, [columns | {"identity": f"{name}-{n}", "identifier": f"{n}"} for n in range(number)])


def post_document(said: str, changed: str, doc_id: str = "p1") -> dict[str, Any]:
    """A post as an archive of this product has it. `changed`: when it came to say so."""
    transfer = {
        "client_id": "x",
        "client_name": "X",
        "service": "",
        "job_id": "j",
        "recurring_job_id": "",
        "first_item_at": "2024-01-01T00:00:00+00:00",
        "last_item_at": "2024-01-02T00:00:00+00:00",
    }
    facts = {
        "kind": "socialactivity",
        "identity": f"identity of {doc_id}"[:32],
        "payload": json.dumps({"said": said}),
        "received_at": "2024-01-01T00:00:00+00:00",
        "changed_at": changed,
        "trashed_at": None,
        "transfer": transfer,
    }
    return {"_id": doc_id, "identifier": doc_id, "content": said, "published_at": None, "metadata": {"wharf": facts}}
