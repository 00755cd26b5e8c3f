"""What an archive brings of records is merged with those that are here, by who is the newer one."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importers.documents.arriving import Outcome
from importers.maintenance.verification import bytes_held
from importers.models import Revision, Source
from importers.models.record import NEVER
from importers.verticals.blobs.models import File, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, AlbumPhoto, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from moves.imports.placing.placer import Placement
from moves.models import Document
from tests.support.archives import DATA, WHARF, bring, holds, manifest, outcomes
from tests.support.cozy_archives import (
    directory,
    document,
    entry,
    file,
    version,
)
from tests.support.exporter import Exporter, Person
from tests.support.samples import send_all
from tests.support.takeout import TakeOut
from tests.verticals.social_posts.samples import POSTS, post_document

pytestmark = pytest.mark.services


def bring_post(person: Person, body: dict[str, Any]) -> Placement:
    return bring(person, [entry(POSTS, body)], WHARF)[0]


def test_two_accounts_that_the_same_exporter_filled_become_one(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    send_all(exporter)
    with Exporter(server, grace, "Cloud Two") as theirs:
        send_all(theirs)
        theirs.send("calendar", {"@type": "CalendarEvent", "calendarId": "c1", "title": "Only theirs"})
        theirs.send_file("media", {"@type": "Photo", "name": "b.jpg", "albumId": "1"}, b"theirs", "image/jpeg")
    # The exporter is one and the same.
    Source.objects.filter(owner=grace.row).update(client_id=exporter.client["client_id"])
    source = TakeOut.made(http, grace).everything()
    counts = {model: model.objects.filter(owner=ada.row).count() for model in (Album, Photo, Video, Calendar, Folder)}
    bring(ada, source, WHARF)
    for model, count in counts.items():
        added = 1 if model is Photo else 0
        assert model.objects.filter(owner=ada.row).count() == count + added, model
    assert CalendarEvent.objects.get(owner=ada.row, title="Only theirs").calendar == Calendar.objects.get(owner=ada.row)
    photo = Photo.objects.get(owner=ada.row, name="b.jpg")
    assert photo.albums.get() == Album.objects.get(owner=ada.row, identifier="1")
    assert ada.used == bytes_held(ada.row)
    assert holds(ada, source, WHARF) == []
    used = ada.used
    assert outcomes(bring(ada, source, WHARF)).keys() <= {"unchanged", "older"}
    assert ada.used == used


def test_the_newer_of_two_records_wins_and_the_other_is_a_revision(ada: Person) -> None:
    old, new = post_document("old", "2024-01-01T00:00:00+00:00"), post_document("new", "2024-05-01T00:00:00+00:00")
    assert bring_post(ada, old).outcome is Outcome.CREATED
    assert bring_post(ada, new).outcome is Outcome.UPDATED
    assert bring_post(ada, old).outcome is Outcome.OLDER
    assert bring_post(ada, new).outcome is Outcome.UNCHANGED
    assert SocialActivity.objects.get().content == "new"
    assert [json.loads(one.payload)["said"] for one in Revision.objects.all()] == ["old"]
    assert ada.used == bytes_held(ada.row)


def test_one_that_is_there_twice_in_a_batch_is_one(ada: Person) -> None:
    once = post_document("a", "2024-01-01T00:00:00+00:00")
    other_id = post_document("a", "2024-01-01T00:00:00+00:00", "p2")
    other_id["metadata"]["wharf"]["identity"] = once["metadata"]["wharf"]["identity"]
    other_id["identifier"] = once["identifier"]
    placed = bring(ada, [entry(POSTS, one) for one in (once, once, other_id)], WHARF)
    assert [one.outcome for one in placed] == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert SocialActivity.objects.count() == 1


@pytest.mark.parametrize("archives", [1, 2])
def test_what_comes_before_its_container_is_in_it_at_the_end(ada: Person, archives: int) -> None:
    albums = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    image = {"class": "image", "mime": "image/jpeg", "referenced_by": albums}
    inner = [
        *file("p1", "/Documents/1.jpg", b"x", "d1", **image),
        *file("f1", "/Documents/1.txt", b"y", "d1"),
        *version("f2", "v1", b"z"),
    ]
    outer = [
        document("io.cozy.photos.albums", "a1", name="Trip"),
        directory("d1", "/Documents"),
        *file("f2", "/Documents/2.txt", b"zz", "d1"),
    ]
    if archives == 2:
        assert {one.id for one in bring(ada, inner) if "/" not in one.id} >= {"d1", "a1", "f2"}
        placed = bring(ada, outer)
    else:
        placed = bring(ada, [*inner, *outer])
    assert [one for one in placed if one.outcome is Outcome.RENAMED] == []
    assert AlbumPhoto.objects.get().album.name == "Trip"  # type: ignore[union-attr]
    assert File.objects.get(doc_id="f1").folder.identifier == "/Documents"
    assert File.objects.get(doc_id="f2").versions.get().content.sha256 == hashlib.sha256(b"z").hexdigest()
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("identity", None),
        ("identity", "x" * 33),
        ("payload", 7),
        ("payload", "a\0b"),
        ("payload", "\ud800"),
        ("received_at", "yesterday"),
        ("changed_at", "9999-12-31T23:59:59-23:00"),
        ("trashed_at", 7),
        ("transfer", None),
        ("transfer", {"client_id": []}),
        ("revisions", 7),
        ("revisions", [{"payload": 7}]),
        ("identifier", {}),
        ("content", "a\0"),
    ],
)
def test_a_document_of_ours_that_is_broken_is_kept_whole_and_mended_later(
    http: httpx.Client, ada: Person, name: str, wrong: Any
) -> None:
    good, broken = (post_document("hello", "2024-01-01T00:00:00+00:00") for _ in range(2))
    broken["metadata"]["wharf"][name] = wrong
    placed = bring_post(ada, broken)
    assert placed.outcome is Outcome.CREATED
    assert "kept whole" in placed.note
    assert TakeOut.made(http, ada).documents(POSTS)["p1"] == broken
    assert bring_post(ada, good).outcome is Outcome.CREATED
    assert Document.objects.count() == 0
    assert ada.used == bytes_held(ada.row)


def test_a_document_that_is_broken_never_stands_beside_its_record(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    send_all(exporter)
    source = TakeOut.made(http, ada).everything()
    bring(grace, source, WHARF)
    [name] = [name for name in source if name.startswith(f"{DATA}org.wharf.calendar.events/")]
    broken = json.loads(source[name]) | {"metadata": {"wharf": {"kind": "calendarevent", "transfer": 7}}}
    placed = bring(grace, [entry("org.wharf.calendar.events", broken)], WHARF)
    assert [one.outcome for one in placed] == [Outcome.REFUSED]
    assert "stays" in placed[0].note
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)


def test_a_document_that_is_broken_leaves_once_though_others_name_it(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    send_all(exporter)
    source = TakeOut.made(http, ada).everything()
    [name] = [name for name in source if name.startswith(f"{DATA}org.wharf.calendars/")]
    broken = json.loads(source[name]) | {"metadata": {"wharf": {"kind": "calendar", "transfer": 7}}}
    source[name] = json.dumps(broken).encode()
    bring(grace, source, WHARF)
    assert TakeOut.made(http, grace).documents("org.wharf.calendars") == {broken["_id"]: broken}


def test_a_document_nobody_knows_is_merged_by_its_time(ada: Person) -> None:
    def bring_one(**said: Any) -> Placement:
        return bring(ada, [document("com.example.x", "d", **said)])[0]

    day = datetime(2024, 1, 1, tzinfo=UTC)
    assert bring_one(n=1, updated_at=day.isoformat()).outcome is Outcome.CREATED
    assert bring_one(updated_at=day.isoformat(), n=1).outcome is Outcome.UNCHANGED  # another order of the same
    assert bring_one(n=2, updated_at=(day - timedelta(1)).isoformat()).outcome is Outcome.OLDER
    assert bring_one(n=3).outcome is Outcome.OLDER
    assert bring_one(n=4, updated_at=(day + timedelta(1)).isoformat()).outcome is Outcome.UPDATED
    assert json.loads(Document.objects.get().body)["n"] == 4
    assert ada.used == bytes_held(ada.row)


def test_what_the_account_does_not_hold_is_found_among_what_it_holds(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    for number in range(40):
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": str(number), "title": "A post"}})
    archive = TakeOut.made(http, ada).everything()
    with CaptureQueriesContext(connection) as queries:
        assert holds(ada, archive, WHARF) == []
    assert len(queries) < 30  # they are asked for together
    posts = SocialActivity.objects.filter(owner=ada.row).order_by("doc_id")
    gone, changed = posts[17], posts[30]
    SocialActivity.objects.filter(pk=gone.pk).delete()
    SocialActivity.objects.filter(pk=changed.pk).update(payload="{}", changed_at=NEVER)
    assert holds(ada, archive, WHARF) == [f"{POSTS}/{one.doc_id}" for one in (gone, changed)]
    assert posts.count() == 39, "nothing is written"
    assert SocialActivity.objects.get(pk=changed.pk).payload == "{}"
