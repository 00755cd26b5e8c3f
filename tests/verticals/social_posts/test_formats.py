"""Posts as ActivityStreams 2.0, read as another program does: every property is one of its vocabulary, and none is
lost."""

import json
from datetime import datetime
from typing import Any

import httpx

from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, Person
from tests.support.takeout import TakeOut

PLACE = {"name": "Lisboa", "latitude": 38.7223, "longitude": "-9.1393"}
PICTURE = {"type": "IMAGE", "url": "https://social.example/m/1.jpg", "name": "1.jpg", "content": "Hills"}
LINK = {"type": "LINK", "url": "https://example.org/", "name": "A page", "content": None}
ACTOR = {"name": "Ada", "url": "https://social.example/@ada"}

# Of the vocabulary's types (sections 2 to 4), those that are written, and which properties each may have.
OBJECT = {"id", "type", "name", "summary", "content", "url", "published", "attributedTo", "location", "attachment"}
OBJECT |= {"source", "identifier", "additionalType"}  # of ActivityPub, and of the context that the file brings
ALLOWED = {
    "OrderedCollection": {"@context", "id", "type", "totalItems", "orderedItems"},
    "Create": {"id", "type", "actor", "object", "published", "to", "cc"},
    "Note": OBJECT,
    "Person": OBJECT | {"@context", "outbox"},
    "Place": OBJECT | {"latitude", "longitude"},
    **dict.fromkeys(("Image", "Video", "Audio", "Page", "Document"), OBJECT),
}


def post(identifier: str, actor: dict[str, str] | None = None, **activity: Any) -> dict[str, Any]:
    return {
        "@type": "SocialActivity",
        "metadata": {"actor": actor or ACTOR},
        "activity": {"id": identifier, **activity},
    }


def files(http: httpx.Client, person: Person) -> dict[str, Any]:
    """The files of the format in an archive, each read as JSON and checked."""
    start = "My Cozy/Readable/Posts/"
    everything = TakeOut.made(http, person).everything()
    found = {name.removeprefix(start): json.loads(body) for name, body in everything.items() if name.startswith(start)}
    for said in found.values():
        assert said["@context"][0] == "https://www.w3.org/ns/activitystreams"
        check(said)
    return found


def check(said: Any) -> None:
    """Raises where a type has a property that it may not have, an empty one, or an `id` that is no address."""
    for one in said if isinstance(said, list) else [said]:
        if not isinstance(one, dict):
            continue
        kind = one.get("type")
        if kind is not None:
            assert one.keys() <= ALLOWED[kind], one
            assert kind == "OrderedCollection" or ":" in one.get("id", ":")
        assert "" not in one.values()
        for name, value in one.items():
            if name not in ("@context", "source"):
                check(value)


def test_every_post_is_there_and_nothing_of_it_is_lost(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send(
        "social-posts",
        post(
            "1001",
            type="NOTE",
            title="Cheguei!",
            content="Lisboa, finalmente 🌞\r\n\r\n<3 & more\rsecond line",
            url="https://social.example/@ada/1001",
            published="2024-07-11T14:32:00.250+01:00",
            location=PLACE,
            attachments=[PICTURE, LINK, {"name": ""}],
        ),
    )
    exporter.send(
        "social-posts", post("https://social.example/2", content="<p>As <b>HTML</b></p>", published="2024-07-12")
    )
    exporter.send("social-posts", post("3"))
    found = files(http, ada)
    outbox = found["outbox.json"]
    assert outbox["totalItems"] == 3
    newest, first, undated = outbox["orderedItems"]
    assert datetime.fromisoformat(first["published"]) == datetime.fromisoformat("2024-07-11T13:32:00.250Z")
    note = first["object"]
    row = SocialActivity.objects.get(identifier="1001")
    assert (
        note.pop("id")
        == f"urn:uuid:{row.doc_id[:8]}-{row.doc_id[8:12]}-{row.doc_id[12:16]}-{row.doc_id[16:20]}-{row.doc_id[20:]}"
    )
    assert first["to"] == first["cc"] == []
    ada_there = {"type": "Person", "id": ACTOR["url"], "name": "Ada", "url": ACTOR["url"]}
    assert first["actor"] == ada_there
    assert note == {
        "type": "Note",
        "identifier": "1001",
        "additionalType": "NOTE",
        "name": "Cheguei!",
        "content": "<p>Lisboa, finalmente 🌞</p><p>&lt;3 &amp; more<br>second line</p>",
        "source": {"content": "Lisboa, finalmente 🌞\r\n\r\n<3 & more\rsecond line", "mediaType": "text/plain"},
        "url": "https://social.example/@ada/1001",
        "published": first["published"],
        "attributedTo": ada_there,
        "location": {"type": "Place", "name": "Lisboa", "latitude": 38.7223, "longitude": -9.1393},
        "attachment": [
            {"type": "Image", "name": "1.jpg", "summary": "Hills", "url": PICTURE["url"], "additionalType": "IMAGE"},
            {"type": "Page", "name": "A page", "url": LINK["url"], "additionalType": "LINK"},
        ],
    }
    assert (newest["object"]["id"], newest["object"]["content"]) == (
        "https://social.example/2",
        "<p>As <b>HTML</b></p>",
    )
    assert "source" not in newest["object"]
    assert undated["object"]["identifier"] == "3"
    assert found["actor.json"] == {"@context": outbox["@context"], **ada_there, "outbox": "outbox.json"}


def test_posts_of_several_people_have_no_one_actor(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("social-posts", post("1"))
    exporter.send("social-posts", post("2", {"name": "Bo"}))
    found = files(http, ada)
    assert set(found) == {"outbox.json"}
    people = [one["actor"]["name"] for one in found["outbox.json"]["orderedItems"]]
    assert sorted(people) == ["Ada", "Bo"]


def test_what_is_in_the_bin_is_in_no_outbox(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("social-posts", post("1"))
    SocialActivity.objects.update(trashed_at="2024-01-01T00:00:00Z")
    assert files(http, ada) == {}


def test_a_moment_leaves_in_the_digits_of_rfc_3339(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    moments = {
        "0001-01-01T00:00:00Z": "0001-01-01T00:00:00+00:00",
        "2024-06-03T10:05:12Z": "2024-06-03T10:05:12+00:00",
        "2024-06-03T10:05:12.48+02:00": "2024-06-03T08:05:12.480000+00:00",
        "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999+00:00",
    }
    for said in moments:
        exporter.send("social-posts", post(said, published=said))
    exporter.send("social-posts", post("none"))
    take_out = TakeOut.made(http, ada)
    documents = {one["identifier"]: one for one in take_out.documents("org.wharf.social.posts").values()}
    assert {said: one["published_at"] for said, one in documents.items()} == moments | {"none": None}
    for row in SocialActivity.objects.all():
        facts = documents[row.identifier]["metadata"]["wharf"]
        assert (facts["received_at"], facts["trashed_at"]) == (row.received_at.isoformat(), None)
    outbox = json.loads(take_out.everything()["My Cozy/Readable/Posts/outbox.json"])
    written = {one["object"]["identifier"]: one.get("published") for one in outbox["orderedItems"]}
    assert written == {said: at.replace("+00:00", "Z") for said, at in moments.items()} | {"none": None}
