"""Posts that exporters send: who wrote them, where, and what is attached to them."""

import json
from typing import Any

import httpx
import pytest
from django.test import Client

from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows
from tests.support.admin import page_address
from tests.support.archives import WHARF, bring
from tests.support.exporter import Exporter, Person, envelope, status
from tests.support.takeout import TakeOut, site_text

pytestmark = pytest.mark.services

POST: dict[str, Any] = {
    "@type": "SocialActivity",
    "metadata": {"actor": {"id": "7", "name": "Ada B.", "url": "https://social.example/@ada"}},
    "activity": {
        "id": "p-1",
        "published": "2024-03-01T08:00:00Z",
        "type": "NOTE",
        "attachments": [
            {
                "@type": "SocialActivityAttachment",
                "type": "IMAGE",
                "url": "https://social.example/m/1.jpg",
                "name": "The harbour",
                "content": "A grey harbour\nin fog",
            },
            {"url": "https://social.example/m/2.jpg"},
        ],
        "location": {"name": "Cascais", "longitude": -9.42, "latitude": 38.7},
        "title": None,
        "content": "Morning.",
        "url": "https://social.example/@ada/1",
    },
}
SHOWN = (
    "Ada B.",
    "https://social.example/@ada",
    "Cascais",
    "38.7,-9.42",
    "A grey harbour in fog",
    "/m/2.jpg",
)


def test_author_place_and_attachments_are_on_the_pages_and_come_back(
    exporter: Exporter, http: httpx.Client, ada: Person, client: Client
) -> None:
    assert status(exporter.send("social-posts", envelope(POST))) == "created"
    record = SocialActivity.objects.get()
    assert record.attachments == (
        "The harbour: A grey harbour in fog (IMAGE) https://social.example/m/1.jpg\nhttps://social.example/m/2.jpg"
    )
    client.force_login(rows.person("operator", is_staff=True, is_superuser=True))
    page = client.get(page_address(record)).content.decode()
    entries = TakeOut.made(http, ada).everything()
    index = site_text(entries)
    assert [said for said in SHOWN if said not in page or said not in index] == []

    # An archive of an earlier version has only the payload of what has a column now.
    [name] = [name for name in entries if name.startswith("My Cozy/Data/org.wharf.social.posts/")]
    document = json.loads(entries[name])
    for column in ("attachments", "place", "coordinates", "actor_url"):
        del document[column]
    grace = Person.create("grace")
    bring(grace, entries | {name: json.dumps(document).encode()}, WHARF)
    columns = ("actor_name", "actor_url", "place", "coordinates", "attachments", "payload")
    theirs, ours = (SocialActivity.objects.filter(owner=one.row).values_list(*columns).get() for one in (grace, ada))
    assert theirs == ours


@pytest.mark.parametrize(
    ("activity", "said"),
    [
        ({"location": {"name": None, "latitude": 91, "longitude": 0}}, ("", "", "")),
        ({"location": {"name": "", "latitude": "nan", "longitude": 0}}, ("", "", "")),
        ({"location": {"latitude": "48.2", "longitude": "16.37"}}, ("", "48.2,16.37", "")),
        ({"location": {"latitude": "1_0", "longitude": "\u0663"}}, ("", "", "")),
        ({"location": {"latitude": "1", "longitude": "\u0663"}}, ("", "", "")),
        ({"location": {"latitude": " -1.50 ", "longitude": "1E1"}}, ("", "-1.50,1E1", "")),
        ({"location": {"latitude": "+1", "longitude": "01"}}, ("", "", "")),
        ({"location": {"name": "Here", "latitude": True, "longitude": None}}, ("Here", "", "")),
        ({"location": "Here", "attachments": {"name": "alone"}}, ("", "", "alone")),
        ({"location": [], "attachments": ["x", None, {}, {"name": {"a": 1}}]}, ("", "", "")),
    ],
)
def test_places_and_attachments_come_in_several_spellings(exporter: Exporter, activity: Any, said: Any) -> None:
    item = {"@type": "SocialActivity", "activity": {"id": "p"} | activity}
    assert status(exporter.send("social-posts", item)) == "created"
    record = SocialActivity.objects.get()
    assert (record.place, record.coordinates, record.attachments) == said


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-07-01T10:00:00[Europe/Paris]", "2024-07-01T08:00:00+00:00"),
        ("2024-12-01T10:00:00[!America/New_York][u-ca=gregory]", "2024-12-01T15:00:00+00:00"),
        ("2024-07-01T10:00:00+01:00[Europe/Paris]", "2024-07-01T09:00:00+00:00"),
        ("2024-07-01T10:00:00[Nowhere/Atlantis]", "2024-07-01T10:00:00+00:00"),
        ("2024-07-01[Asia/Tokyo]", "2024-07-01T00:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_of_the_zone_behind_it(exporter: Exporter, written: str, read: str) -> None:
    item = {"@type": "SocialActivity", "activity": {"id": "1", "published": written}}
    assert status(exporter.send("social-posts", item)) == "created"
    published = SocialActivity.objects.get().published_at
    assert published is not None
    assert published.isoformat() == read
