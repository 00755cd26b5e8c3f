"""What came from a Cozy, and was not changed here since, gives way to what that Cozy says now."""

import json
from typing import Any

import httpx
import pytest
from django.core import mail
from django.utils import timezone

from importers.documents.arriving import Outcome
from importers.maintenance.verification import bytes_held
from importers.merging.origin import Origin
from importers.models import Revision
from importers.verticals.blobs.models import File, Folder
from importers.verticals.media.models import Album, Photo
from moves.imports import mails
from moves.models import Document
from tests.support.archives import bring, holds, outcomes
from tests.support.bringing import Bringing
from tests.support.cozy_archives import (
    ROOT_DIRECTORY,
    TRASH_DIRECTORY,
    Entries,
    cozy_zip,
    directory_document,
    document,
    entry,
    file,
    file_document,
    instance,
    version,
)
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services

BILLS = "io.cozy.bills"
OTHER = Origin("grace.cozy.example", "Cozy")


def at(number: int, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The document as its revision of this number."""
    return body | {"_rev": f"{number}-abc"} | more


def folder(number: int, doc_id: str, path: str, *parent: str, **more: Any) -> tuple[str, bytes]:
    return entry("io.cozy.files", at(number, directory_document(doc_id, path, *parent), **more))


def bring_bill(person: Person, *origin: Origin, **said: Any) -> Outcome:
    [placed] = bring(person, [document(BILLS, "c1", **said)], *origin)
    return placed.outcome


def bills(person: Person) -> tuple[str, list[str]]:
    """What the document is called, and what else is kept of it."""
    mine = Document.objects.filter(owner=person.row)
    kept = mine.exclude(doctype=BILLS).order_by("pk").values_list("body", flat=True)
    others = [json.loads(json.loads(one)["state"])["fullname"] for one in kept]
    return json.loads(mine.get(doctype=BILLS).body)["fullname"], others


def test_what_was_renamed_moved_and_thrown_away_there_is_so_here(http: httpx.Client, ada: Person) -> None:
    image = {"class": "image", "mime": "image/jpeg"}
    in_trip = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    before: Entries = [
        folder(1, "d1", "/Work"),
        folder(1, "d2", "/Work/2023", "d1"),
        folder(1, "d3", "/Old"),
        document("io.cozy.photos.albums", "a1", name="Trip", _rev="1-a"),
        document("io.cozy.photos.albums", "a2", name="Best", _rev="1-a"),
        *file("f1", "/Work/2023/plan.txt", b"plan", "d2"),
        *file("f2", "/Work/letter.txt", b"letter", "d1"),
        *file("f3", "/Work/draft.txt", b"draft", "d1"),
        *file("f4", "/Old/x.txt", b"x", "d3"),
        *file("p1", "/Work/1.jpg", b"pixels", "d1", referenced_by=in_trip, **image),
        *file("p2", "/Work/2.jpg", b"2 pixels", "d1", referenced_by=in_trip, **image),
    ]
    assert outcomes(bring(ada, before)) == {"created": 11}
    in_best = [{"type": "io.cozy.photos.albums", "id": "a2"}]
    now: Entries = [
        folder(2, "d1", "/Job"),
        folder(2, "d2", "/Job/2023", "d1"),
        folder(2, "d3", "/.cozy_trash/Old", TRASH_DIRECTORY, restore_path="/"),
        document("io.cozy.photos.albums", "a1", name="Trip to Rome", _rev="2-b"),
        document("io.cozy.photos.albums", "a2", name="Best", _rev="1-a"),
        *file("f1", "/Job/2023/plan.txt", b"plan", "d2"),
        *file("f2", "/letter.txt", b"letter", **at(4, {})),
        *file("f3", "/Job/final.txt", b"draft", "d1", **at(4, {})),
        *file("f4", "/.cozy_trash/Old/x.txt", b"x", "d3", **at(4, {"trashed": True})),
        *file("p1", "/Job/1.jpg", b"pixels", "d1", **at(4, {"referenced_by": in_best}), **image),
        *file("p2", "/Job/2.jpg", b"2 pixels", "d1", referenced_by=in_trip, **image),
    ]
    assert outcomes(bring(ada, now)) == {"updated": 9, "unchanged": 2}
    assert set(Folder.objects.exclude(identifier="/").values_list("identifier", flat=True)) == {
        "/Job",
        "/Job/2023",
        "/Old",
    }
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/")}
    assert files == {
        f"My Cozy/Files/{path}"
        for path in (
            "Job/2023/plan.txt",
            "letter.txt",
            "Job/final.txt",
            ".cozy_trash/Old/x.txt",
            "Job/1.jpg",
            "Job/2.jpg",
        )
    }
    assert [album.name for album in Photo.objects.get(doc_id="p1").albums.all()] == ["Best"]
    assert Album.objects.get(doc_id="a1").name == "Trip to Rome"
    assert holds(ada, now) == []
    assert outcomes(bring(ada, now)) == {"unchanged": 11}
    assert outcomes(bring(ada, before)).keys() == {"older", "unchanged"}
    assert File.objects.get(doc_id="f3").shown_name == "final.txt"
    assert ada.used == bytes_held(ada.row)


def test_two_folders_may_change_their_places(http: httpx.Client, ada: Person) -> None:
    bring(ada, [folder(1, "d1", "/A"), folder(1, "d2", "/B"), *file("f1", "/A/1.txt", b"1", "d1")])
    place = [folder(2, "d1", "/B"), folder(2, "d2", "/A"), *file("f2", "/A/2.txt", b"2", "d2")]
    for _ in range(2):
        bring(ada, place)
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/")}
    assert files == {"My Cozy/Files/B/1.txt", "My Cozy/Files/A/2.txt"}


def test_a_document_without_a_time_is_what_its_server_says_now(ada: Person) -> None:
    assert bring_bill(ada, fullname="Grace", _rev="1-a") is Outcome.CREATED
    assert bring_bill(ada, fullname="Grace H.", _rev="2-a") is Outcome.UPDATED
    assert bring_bill(ada, fullname="Grace", _rev="1-a") is Outcome.OLDER
    assert bills(ada) == ("Grace H.", [])
    assert ada.used == bytes_held(ada.row)


def test_a_server_that_was_restored_counts_anew_so_both_states_are_kept(http: httpx.Client, ada: Person) -> None:
    early, late = {"updatedAt": "2024-01-01T00:00:00Z"}, {"updatedAt": "2025-01-01T00:00:00Z"}
    bring_bill(ada, fullname="Before", _rev="7-a", cozyMetadata=early)
    assert bring_bill(ada, fullname="After", _rev="2-b", cozyMetadata=late) is Outcome.UPDATED
    assert bills(ada) == ("After", ["Before"])
    place = [*file("f1", "/a.txt", b"1", _rev="7-a", cozyMetadata=early, updated_at="2024-01-01T00:00:00Z")]
    bring(ada, place)
    bring(ada, file("f1", "/b.txt", b"1", _rev="1-b", cozyMetadata=late, updated_at="2024-01-01T00:00:00Z"))
    assert File.objects.get().shown_name == "b.txt"
    assert json.loads(Revision.objects.get().payload)["name"] == "a.txt"
    # What is kept beside it leaves with the account.
    assert len(TakeOut.made(http, ada).documents("org.wharf.items")) == 1


@pytest.mark.parametrize("by", ["another server", "the person"])
def test_what_was_changed_here_too_is_kept_as_well(ada: Person, by: str) -> None:
    old, new = file_document("f1", "a.txt", b"1", _rev="3-a"), file_document("f1", "b.txt", b"1", _rev="4-a")
    bring(ada, [entry("io.cozy.files", old), ("My Cozy/Files/a.txt", b"1")])
    if by == "the person":
        File.objects.update(trashed_at=timezone.now())
        placed = bring(ada, [entry("io.cozy.files", new), ("My Cozy/Files/b.txt", b"1")])
    else:
        placed = bring(ada, [entry("io.cozy.files", new), ("My Cozy/Files/b.txt", b"1")], OTHER)
    assert placed[0].outcome is Outcome.OLDER
    assert "“b.txt”" in placed[0].note
    assert File.objects.get().shown_name == "a.txt"
    assert json.loads(Revision.objects.get().payload)["name"] == "b.txt"
    bring_bill(ada, fullname="Here", _rev="3-a")
    assert bring_bill(ada, OTHER, fullname="There", _rev="4-a") is Outcome.OLDER
    assert bills(ada) == ("Here", ["There"])


def test_the_mail_names_what_was_kept_older(http: httpx.Client, ada: Person) -> None:
    for number, name in ((2, "new.txt"), (1, "old.txt")):
        archive = [instance(), document(BILLS, "c1", fullname=f"Ada {number}", _rev=f"{number}-a")]
        archive += file("f1", f"/{name}", b"1", _rev=f"{number}-a")
        bringing = Bringing.of(http, ada, cozy_zip(archive))
    assert bringing.row.outcomes["older"] == 2

    mails.send(bringing.pk)
    text = str(mail.outbox[-1].body)
    assert "“old.txt”" in text
    assert "“Ada 1”" in text


def test_a_version_of_a_file_is_counted_once_and_what_it_said_before_is_kept(http: httpx.Client, ada: Person) -> None:
    """A Cozy makes a version of what a file was: that is what a merge has kept of it here. Its tags can be changed."""
    first = file("f1xx", "/draft.txt", b"one", _rev="1-a", updated_at="2023-01-01T00:00:00Z")
    now = file("f1xx", "/plan.txt", b"two", _rev="2-a", updated_at="2024-01-01T00:00:00Z")
    earlier = version("f1xx", "v1", b"one", _rev="1-v")
    tagged = version("f1xx", "v1", b"one", _rev="2-v", tags=["best"])
    another = version("f1xx", "v2", b"one")  # of the same bytes and time
    for entries, outcome in (
        (first, {"created": 1}),
        ([*now, *earlier], {"updated": 2}),
        ([*now, *tagged], {"unchanged": 1, "updated": 1}),
        ([*now, *earlier], {"unchanged": 2}),
        ([*now, *tagged, *another], {"unchanged": 2, "created": 1}),
    ):
        assert outcomes(bring(ada, entries)) == outcome
        assert outcomes(bring(ada, entries)) == {"unchanged": len(entries) // 2}
        assert ada.used == bytes_held(ada.row)
    assert holds(ada, [*now, *tagged, *another]) == []
    documents = TakeOut.made(http, ada).documents("io.cozy.files.versions")
    assert {name: one["tags"] for name, one in documents.items()} == {"f1xx/v1": ["best"], "f1xx/v2": []}
    kept = [json.loads(one) for one in Revision.objects.order_by("pk").values_list("payload", flat=True)]
    assert [(one["_id"], one["_rev"]) for one in kept] == [("f1xx", "1-a"), ("f1xx/v1", "1-v")]


def test_a_file_of_ours_is_where_the_cozy_has_it_that_it_has_been_to(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    for name in ("kept?.txt", "renamed.txt", "moved.txt", "thrown.txt", "twin.txt", "TWIN.txt"):
        exporter.send_file("blobs", file_item(name, "/Work"), name.encode())
    entries = TakeOut.made(http, ada).everything()
    bodies = {name: json.loads(body) for name, body in entries.items() if "/io.cozy.files/" in name}
    by_name = {body["name"]: body for body in bodies.values()}
    by_name["renamed.txt"]["name"] = "final.txt"
    by_name["moved.txt"]["dir_id"] = ROOT_DIRECTORY
    by_name["thrown.txt"] |= {"dir_id": TRASH_DIRECTORY, "trashed": True, "restore_path": "/Work"}
    entries |= {name: json.dumps(body).encode() for name, body in bodies.items()}
    for person in (grace, ada):
        bring(person, entries)
        assert holds(person, entries) == []
        mine = File.objects.filter(owner=person.row)
        assert {(one.folder.identifier, one.shown_name, bool(one.trashed_at)) for one in mine} == {
            ("/Work", "kept?.txt", False),
            ("/Work", "final.txt", False),
            ("/", "moved.txt", False),
            ("/Work", "thrown.txt", True),
            ("/Work", "twin.txt", False),
            ("/Work", "TWIN.txt", False),
        }
        assert person.used == bytes_held(person.row)
    exporter.new_job()
    assert (
        exporter.send_file("blobs", file_item("renamed.txt", "/Work"), b"renamed.txt").json()["status"] == "unchanged"
    )


def test_a_photo_of_ours_is_in_the_albums_that_the_cozy_has_it_in(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    for name in ("a.jpg", "b.jpg"):
        photo = {"@type": "Photo", "name": name, "albumId": "1"}
        exporter.send_file("media", photo, name.encode(), "image/jpeg")
    entries = TakeOut.made(http, ada).everything()
    for name, raw in entries.items():
        if b'"kind":"photo"' in raw and b'"name":"a.jpg"' in raw:
            body = json.loads(raw)
            body["referenced_by"].append({"type": "io.cozy.photos.albums", "id": "a1"})
            entries[name] = json.dumps(body).encode()
        elif b'"kind":"photo"' in raw and name.startswith("My Cozy/Data/io.cozy.files/"):
            body = json.loads(raw) | {"dir_id": TRASH_DIRECTORY, "trashed": True}
            entries[name] = json.dumps(body).encode()
    album = document("io.cozy.photos.albums", "a1", name="Made there", _rev="1-a")
    bring(grace, [album, *entries.items()])
    mine = Photo.objects.filter(owner=grace.row)
    assert {one.name for one in mine.get(name="a.jpg").albums.all()} == {"", "Made there"}
    assert mine.get(name="b.jpg").trashed_at
    assert holds(grace, [album, *entries.items()]) == []


def test_a_picture_that_came_into_an_album_there_is_a_photo_here(http: httpx.Client, ada: Person) -> None:
    image = {"class": "image", "mime": "image/jpeg"}
    in_album = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    album = document("io.cozy.photos.albums", "a1", name="Trip", _rev="1-a")
    bring(ada, [album, *file("p1", "/1.jpg", b"pixels", **image)])
    assert File.objects.get().shown_name == "1.jpg"
    now = [album, *file("p1", "/1.jpg", b"pixels", **at(4, {"referenced_by": in_album}), **image)]
    bring(ada, now)
    assert not File.objects.exists()
    assert Photo.objects.get().albums.get().name == "Trip"
    assert outcomes(bring(ada, now)) == {"unchanged": 2}
    assert TakeOut.made(http, ada).everything()["My Cozy/Files/1.jpg"] == b"pixels"
    assert ada.used == bytes_held(ada.row)
