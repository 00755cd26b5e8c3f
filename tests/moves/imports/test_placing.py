"""What an archive brings is merged with what is here: nothing is lost, nothing is doubled, nothing is believed."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from importers.content.storage import stored_keys
from importers.documents.arriving import Outcome
from importers.errors import Refusal
from importers.maintenance.verification import bytes_held
from importers.merging.origin import Origin
from importers.models import Content, Holding, Revision, Source, Transfer, Upload
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, AlbumPhoto, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from moves.imports.placing.document import RawDocument
from moves.imports.placing.placer import Placement, Placer
from moves.models import Document
from tests.moves.exports.test_archives import fill
from tests.support.archives import bring, document, holds, manifest, outcomes, received
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut

COZY = Origin("ada.cozy.example", "Cozy")
WHARF = Origin("source.example", "Wharf")
ROOT, TRASH = "io.cozy.files.root-dir", "io.cozy.files.trash-dir"
DATA = "My Cozy/Data/"


@pytest.fixture
def grace(server: str) -> Person:
    return Person.create("grace")


def cozy_file(doc_id: str, name: str, content: bytes, dir_id: str = ROOT, **more: Any) -> dict[str, Any]:
    """A file's document as a Cozy writes it."""
    return {
        "_id": doc_id,
        "_rev": "3-abc",
        "type": "file",
        "name": name,
        "dir_id": dir_id,
        "created_at": "2024-01-01T10:00:00.123456789Z",
        "updated_at": "2024-02-01T10:00:00.123456789+02:00",
        "size": str(len(content)),
        "md5sum": base64.b64encode(hashlib.md5(content).digest()).decode(),  # noqa: S324
        "mime": "text/plain",
        "class": "text",
        "executable": False,
        "trashed": False,
        "tags": ["one"],
        "cozyMetadata": {"createdByApp": "drive"},
    } | more


def cozy_directory(doc_id: str, path: str, dir_id: str = ROOT, **more: Any) -> dict[str, Any]:
    return {
        "_id": doc_id,
        "type": "directory",
        "name": path.rpartition("/")[2],
        "dir_id": dir_id,
        "path": path,
        "created_at": "2024-01-01T10:00:00Z",
        "updated_at": "2024-01-01T10:00:00Z",
        "tags": [],
    } | more


def cozy_archive() -> dict[str, bytes]:
    """What a Cozy exports, with something of everything."""
    entries: dict[str, bytes] = {}

    def add(doctype: str, body: dict[str, Any], content: bytes | None = None) -> None:
        entries[f"{DATA}{doctype}/{body['_id']}.json"] = json.dumps(body).encode()
        if content is not None:
            entries[f"My Cozy/Files/{body['_id']}"] = content

    add("io.cozy.contacts", {"_id": "c1", "fullname": "Grace", "email": [{"address": "g@example.org"}]})
    add("io.cozy.apps", {"_id": "io.cozy.apps/drive", "slug": "drive"})
    add("io.cozy.sessions", {"_id": "s1"})
    add("io.cozy.sessions", {"_id": "s2"})
    add("io.cozy.oauth.clients", {"_id": "o1"})
    add("io.cozy.settings", {"_id": "io.cozy.settings.instance", "email": "a@b"})
    add("io.cozy.settings", {"_id": "io.cozy.settings.theme", "dark": True})
    add("com.bitwarden.ciphers", {"_id": "b1"})
    add("io.cozy.files", cozy_directory(ROOT, "/", ""))
    add("io.cozy.files", cozy_directory(TRASH, "/.cozy_trash"))
    add("io.cozy.files", cozy_directory("d1", "/Documents"))
    add("io.cozy.files", cozy_directory("d2", "/Documents/Tax", "d1"))
    add("io.cozy.files", cozy_directory("d3", "/.cozy_trash/Old", TRASH, restore_path="/Documents"))
    add("io.cozy.files", cozy_directory("d4", "/.cozy_trash/Old/Inner", "d3"))
    add("io.cozy.photos.albums", {"_id": "a1", "name": "Trip", "created_at": "2024-01-01T00:00:00Z"})
    add("io.cozy.photos.albums", {"_id": "a2", "name": "Best of"})
    add("io.cozy.files", cozy_file("f1", "cv.txt", b"cv", "d1"), b"cv")
    add("io.cozy.files", cozy_file("f2", "2023.txt", b"tax", "d2"), b"tax")
    add("io.cozy.files", cozy_file("f3", "gone.txt", b"gone", TRASH, trashed=True, restore_path="/Documents"), b"gone")
    add("io.cozy.files", cozy_file("f4", "deep.txt", b"deep", "d4", trashed=True), b"deep")
    albums = [{"type": "io.cozy.photos.albums", "id": one} for one in ("a1", "a2")]
    image = {"class": "image", "mime": "image/jpeg"}
    add("io.cozy.files", cozy_file("p1", "1.jpg", b"pixels", "d1", referenced_by=albums, **image), b"pixels")
    add("io.cozy.files", cozy_file("p2", "2.jpg", b"other pixels", "d1", **image), b"other pixels")
    version = {"_id": "f1/v1", "size": "6", "updated_at": "2023-01-01T00:00:00Z", "tags": []}
    add("io.cozy.files.versions", version, b"old cv")
    return entries


def test_a_cozys_archive_becomes_records(http: httpx.Client, ada: Person) -> None:
    placed = bring(ada, cozy_archive(), COZY)
    assert outcomes(placed) == {"created": 16, "ignored": 5, "unchanged": 2}
    paths = {(folder.identifier, folder.trashed_at is None) for folder in Folder.objects.all()}
    assert paths == {
        ("/Documents", True),
        ("/Documents/Tax", True),
        ("/Documents/Old", False),
        ("/Documents/Old/Inner", False),
    }
    found = {file.doc_id: (file.folder.identifier, file.name, bool(file.trashed_at)) for file in File.objects.all()}
    assert found == {
        "f1": ("/Documents", "cv.txt", False),
        "f2": ("/Documents/Tax", "2023.txt", False),
        "f3": ("/Documents", "gone.txt", True),
        "f4": ("/Documents/Old/Inner", "deep.txt", True),
        "p2": ("/Documents", "2.jpg", False),
    }
    photo = Photo.objects.get()
    assert {album.name for album in photo.albums.all()} == {"Trip", "Best of"}
    assert json.loads(photo.payload)["tags"] == ["one"]
    assert FileVersion.objects.get().file.doc_id == "f1"
    assert {one.doctype for one in Document.objects.all()} == {"io.cozy.contacts", "io.cozy.apps", "io.cozy.settings"}
    assert ada.used == bytes_held(ada.row)


def test_a_cozys_archive_leaves_again_as_a_cozy_reads_it(http: httpx.Client, ada: Person, grace: Person) -> None:
    archive = cozy_archive()
    bring(ada, archive, COZY)
    take_out = TakeOut.made(http, ada)
    entries = take_out.everything()
    files = {name: body for name, body in entries.items() if name.startswith("My Cozy/Files/")}
    assert files == {
        "My Cozy/Files/Documents/cv.txt": b"cv",
        "My Cozy/Files/Documents/Tax/2023.txt": b"tax",
        "My Cozy/Files/.cozy_trash/gone.txt": b"gone",
        "My Cozy/Files/.cozy_trash/Old/Inner/deep.txt": b"deep",
        "My Cozy/Files/Documents/1.jpg": b"pixels",
        "My Cozy/Files/Documents/2.jpg": b"other pixels",
        "My Cozy/Files/f1/v1": b"old cv",
    }
    for name in ("io.cozy.contacts/c1", "io.cozy.apps/io.cozy.apps/drive", "io.cozy.settings/io.cozy.settings.theme"):
        assert entries[f"{DATA}{name}.json"] == archive[f"{DATA}{name}.json"]
    out = take_out.documents("io.cozy.files")
    assert sorted(one["id"] for one in out["p1"]["referenced_by"]) == ["a1", "a2"]
    assert out["f1"]["dir_id"] == "d1"
    assert out["f1"]["tags"] == ["one"]
    assert out["f1"]["cozyMetadata"] == {"createdByApp": "drive"}
    assert out["d3"]["restore_path"] == "/Documents"
    bring(grace, entries, WHARF)
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(entries)


def test_a_cozys_archive_may_come_twice(ada: Person) -> None:
    archive = cozy_archive()
    bring(ada, archive, COZY)
    used, files = ada.used, list(File.objects.values())
    assert holds(ada, archive, COZY) == []
    assert outcomes(bring(ada, archive, COZY)) == {"unchanged": 18, "ignored": 5}
    assert (ada.used, list(File.objects.values())) == (used, files)
    assert FileVersion.objects.count() == 1
    assert Transfer.objects.count() == 1


def test_what_is_never_imported_is_said_once_for_each_doctype(ada: Person) -> None:
    placed = [one for one in bring(ada, cozy_archive(), COZY) if one.outcome is Outcome.IGNORED]
    assert [bool(one.note) for one in placed if one.doctype == "io.cozy.sessions"] == [True, False]
    assert any("/move/vault" in one.note for one in placed if one.doctype.startswith("com.bitwarden"))


def place(person: Person, body: dict[str, Any], content: bytes | None = None, origin: Origin = COZY) -> Placement:
    """A file's document, and its bytes."""
    come = received(person, content) if content is not None else None
    return Placer(person.row, origin).file(document("io.cozy.files", body), come)


def later(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return body | {"_rev": "4-def", "updated_at": "2025-02-01T10:00:00Z"} | more


def test_the_newer_of_two_files_wins_and_the_other_is_a_version(ada: Person) -> None:
    old = cozy_file("f1", "a.txt", b"old")
    new = later(cozy_file("f1", "a.txt", b"new"))
    place(ada, old, b"old")
    assert place(ada, new, b"new").outcome is Outcome.UPDATED
    file = File.objects.get()
    assert file.content.sha256 == hashlib.sha256(b"new").hexdigest()
    assert file.versions.get().content.sha256 == hashlib.sha256(b"old").hexdigest()
    for _ in range(2):
        assert place(ada, old, b"old").outcome is Outcome.OLDER
    assert place(ada, new, b"new").outcome is Outcome.UNCHANGED
    assert File.objects.get().versions.count() == 1
    assert ada.used == bytes_held(ada.row)


def test_an_older_file_is_kept_as_a_version_once(ada: Person) -> None:
    old, new = cozy_file("f1", "a.txt", b"old"), later(cozy_file("f1", "a.txt", b"new"))
    place(ada, new, b"new")
    for _ in range(3):
        placed = place(ada, old, b"old")
        assert placed.outcome is Outcome.OLDER
        assert placed.note
    assert File.objects.get().versions.count() == 1


def test_another_file_at_the_same_path_gets_a_free_name(ada: Person) -> None:
    place(ada, cozy_file("f1", "a.txt", b"one"), b"one")
    for _ in range(2):
        second = place(ada, cozy_file("f2", "a.txt", b"two"), b"two")
    assert second.outcome is Outcome.UNCHANGED
    third = place(ada, cozy_file("f3", "a.txt", b"three"), b"three")
    assert third.outcome is Outcome.RENAMED
    assert "/a.txt" in third.note
    assert "/a (3).txt" in third.note
    assert set(File.objects.values_list("shown_name", flat=True)) == {"a.txt", "a (2).txt", "a (3).txt"}


def test_the_same_file_at_the_same_path_is_one(ada: Person) -> None:
    place(ada, cozy_file("f1", "a.txt", b"one"), b"one")
    assert place(ada, cozy_file("f2", "a.txt", b"one"), b"one").outcome in (Outcome.UNCHANGED, Outcome.OLDER)
    assert File.objects.count() == 1


def test_what_is_in_the_bin_stays_there(ada: Person) -> None:
    body = cozy_file("f1", "a.txt", b"one")
    place(ada, body, b"one")
    File.objects.update(trashed_at=timezone.now())
    place(ada, body, b"one")
    assert File.objects.get().trashed_at


@pytest.mark.parametrize("first", ["d1", "d2"])
def test_a_directory_in_the_bin_takes_no_other_of_its_path_with_it(http: httpx.Client, ada: Person, first: str) -> None:
    living = cozy_directory("d1", "/Trip")
    gone = cozy_directory("d2", "/.cozy_trash/Trip", TRASH, restore_path="/", updated_at="2025-01-01T00:00:00Z")
    both = sorted((living, gone), key=lambda one: one["_id"] != first)
    placer = Placer(ada.row, COZY)
    placer.documents([document("io.cozy.files", one) for one in both])
    place(ada, cozy_file("f1", "a.txt", b"here", "d1"), b"here")
    place(ada, cozy_file("f2", "b.txt", b"gone", "d2", trashed=True), b"gone")
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/")}
    assert files == {"My Cozy/Files/Trip/a.txt", "My Cozy/Files/.cozy_trash/b.txt"}
    assert ada.used == bytes_held(ada.row)


def test_two_accounts_that_the_same_exporter_filled_become_one(
    server: str, exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    fill(exporter)
    with Exporter(server, grace, "Cloud Two") as theirs:
        fill(theirs)
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


def test_ids_that_another_account_has_are_no_obstacle(ada: Person, grace: Person) -> None:
    for person in (ada, grace):
        assert place(person, cozy_file("f1", "a.txt", b"one"), b"one").outcome is Outcome.CREATED
    assert File.objects.filter(doc_id="f1").count() == 2


def post(said: str, changed: str, doc_id: str = "p1") -> dict[str, Any]:
    """A post's document as ours are."""
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


POSTS = "org.wharf.social.posts"


def bring_post(person: Person, body: dict[str, Any]) -> Placement:
    return Placer(person.row, WHARF).documents([document(POSTS, body)])[0]


def test_the_newer_of_two_records_wins_and_the_other_is_a_revision(ada: Person) -> None:
    old, new = post("old", "2024-01-01T00:00:00+00:00"), post("new", "2024-05-01T00:00:00+00:00")
    assert bring_post(ada, old).outcome is Outcome.CREATED
    assert bring_post(ada, new).outcome is Outcome.UPDATED
    assert bring_post(ada, old).outcome is Outcome.OLDER
    assert bring_post(ada, new).outcome is Outcome.UNCHANGED
    assert SocialActivity.objects.get().content == "new"
    assert [json.loads(one.payload)["said"] for one in Revision.objects.all()] == ["old"]
    assert ada.used == bytes_held(ada.row)


def test_one_that_is_there_twice_in_a_batch_is_one(ada: Person) -> None:
    once = post("a", "2024-01-01T00:00:00+00:00")
    other_id = post("a", "2024-01-01T00:00:00+00:00", "p2")
    other_id["metadata"]["wharf"]["identity"] = once["metadata"]["wharf"]["identity"]
    other_id["identifier"] = once["identifier"]
    batch = [document(POSTS, one) for one in (once, once, other_id)]
    placed = Placer(ada.row, WHARF).documents(batch)
    assert [one.outcome for one in placed] == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert SocialActivity.objects.count() == 1


def test_what_comes_before_its_container_is_in_it_at_the_end(ada: Person) -> None:
    albums = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    image = {"class": "image", "mime": "image/jpeg", "referenced_by": albums}
    placer = Placer(ada.row, COZY)
    placer.file(document("io.cozy.files", cozy_file("p1", "1.jpg", b"x", "d1", **image)), received(ada, b"x"))
    placer.file(document("io.cozy.files", cozy_file("f1", "1.txt", b"y", "d1")), received(ada, b"y"))
    version = {"_id": "f2/v1", "size": "1", "updated_at": "2023-01-01T00:00:00Z"}
    placer.file(document("io.cozy.files.versions", version), received(ada, b"z"))
    assert {one.id for one in placer.finish()} == {"d1", "a1", "f2"}
    placer.documents(
        [
            document("io.cozy.photos.albums", {"_id": "a1", "name": "Trip"}),
            document("io.cozy.files", cozy_directory("d1", "/Documents")),
        ]
    )
    placer.file(document("io.cozy.files", cozy_file("f2", "2.txt", b"zz", "d1")), received(ada, b"zz"))
    assert placer.finish() == []
    assert AlbumPhoto.objects.get().album.name == "Trip"  # type: ignore[union-attr]
    assert File.objects.get(doc_id="f1").folder.identifier == "/Documents"
    assert File.objects.get(doc_id="f2").versions.get().content.sha256 == hashlib.sha256(b"z").hexdigest()
    assert ada.used == bytes_held(ada.row)


def test_an_earlier_version_of_a_photo_is_kept_as_a_file(ada: Person) -> None:
    bring(ada, cozy_archive(), COZY)
    version = document("io.cozy.files.versions", {"_id": "p1/v9", "updated_at": "2020-01-01T00:00:00Z"})
    for outcome in (Outcome.RENAMED, Outcome.UNCHANGED):
        placed = Placer(ada.row, COZY).file(version, received(ada, b"unedited"))
        assert placed.outcome is outcome
    kept = File.objects.get(content__sha256=hashlib.sha256(b"unedited").hexdigest())
    assert (kept.folder.identifier, kept.shown_name) == ("/Documents", "1 (2).jpg")


def test_a_photo_keeps_its_name_before_what_it_was(http: httpx.Client, ada: Person) -> None:
    Placer(ada.row, COZY).documents([document("io.cozy.photos.albums", {"_id": "a1", "name": "Trip"})])
    albums = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    more: dict[str, Any] = {"class": "image", "mime": "image/jpeg", "referenced_by": albums}
    for year, pixels in ((2020, b"first"), (2021, b"newest"), (2019, b"oldest")):
        place(ada, cozy_file("p", "p.jpg", pixels, updated_at=f"{year}-01-01T00:00:00Z", **more), pixels)
    everything = TakeOut.made(http, ada).everything()
    assert everything["My Cozy/Files/p.jpg"] == b"newest"
    assert {everything["My Cozy/Files/p (2).jpg"], everything["My Cozy/Files/p (3).jpg"]} == {b"first", b"oldest"}


def test_a_version_of_a_file_that_never_came_may_come_twice(http: httpx.Client, ada: Person) -> None:
    version = document("io.cozy.files.versions", {"_id": "nofile/v1", "updated_at": "2020-01-01T00:00:00Z"})
    for outcome in (Outcome.CREATED, Outcome.UNCHANGED, Outcome.UNCHANGED):
        assert Placer(ada.row, COZY).file(version, received(ada, b"bytes")).outcome is outcome
    assert FileVersion.objects.count() == 0
    assert Placer(ada.row, COZY).check([version]) == [True]
    place(ada, cozy_file("nofile", "a.txt", b"newer"), b"newer")
    assert Placer(ada.row, COZY).file(version, received(ada, b"bytes")).outcome is not Outcome.CREATED
    assert FileVersion.objects.get().content.sha256 == hashlib.sha256(b"bytes").hexdigest()


@pytest.mark.parametrize("climbing", [".", "..", "a\\b", "a\n"])
def test_what_names_a_container_that_climbs_is_refused(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person, climbing: str
) -> None:
    fill(exporter)
    source = TakeOut.made(http, ada).everything()
    for name, body in source.items():
        if name.startswith((f"{DATA}org.wharf.calendar.events/", f"{DATA}io.cozy.files/")):
            said = json.loads(body)
            if "calendar_id" in said:
                said["calendar_id"] = climbing
            for entry in said["metadata"]["wharf"].get("entries", []):
                entry["album"] = climbing
            said["referenced_by"] = [{"type": "io.cozy.photos.albums", "id": climbing}]
            source[name] = json.dumps(said).encode()
    bring(grace, source, WHARF)
    again = TakeOut.made(http, grace).everything()
    assert not [name for name in again if not {".", ".."}.isdisjoint(name.replace(".json", "").split("/"))]
    assert not Calendar.objects.filter(owner=grace.row, doc_id=climbing).exists()
    assert not Album.objects.filter(owner=grace.row, doc_id=climbing).exists()


def test_a_doctype_that_climbs_leaves_as_a_name_like_any_other(http: httpx.Client, ada: Person) -> None:
    Document.objects.create(owner=ada.row, doctype="..", doc_id="y", body='{"_id": "y"}')
    assert f"{DATA}%2E%2E/y.json" in TakeOut.made(http, ada).everything()


# Nothing is believed


WRONG_DIRECTORIES: list[dict[str, Any]] = [
    {"name": "a/b"},
    {"name": ".."},
    {"name": 7},
    {"name": "a\0b"},
    {"name": "\ud800"},
    {"path": "/a/../../b"},
    {"path": "/a\0b"},
    {"path": None, "dir_id": "nowhere"},
    {"path": None, "dir_id": "d"},
    {"path": [], "dir_id": {}},
    {"path": "/"},
    {"dir_id": TRASH, "restore_path": 7},
]
HOSTILE: list[tuple[str, str, bytes]] = [
    ("com.example.x", "d", b"not JSON"),
    ("com.example.x", "d", b"[1]"),
    ("com.example.x", "d", b"\xff\xfe"),
    ("com.example.x", "d", b'{"_id": "other"}'),
    ("com.example.x", "d", b'{"no": "id"}'),
    ("com.example.x", "d", b'{"_id": 1}'),
    ("com.example.x", "d", b'{"_id": "d", "n": NaN}'),
    ("com.example.x", "d", b'{"_id":"d","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("com.example.x", "../../d", b'{"_id": "../../d"}'),
    ("com.example.x", "a\\b", rb'{"_id": "a\\b"}'),
    ("com.example.x", "a\0b", b'{"_id": "a\\u0000b"}'),
    ("com.example.x", "i" * 300, json.dumps({"_id": "i" * 300}).encode()),
    ("x" * 300, "d", b'{"_id": "d"}'),
    ("", "d", b'{"_id": "d"}'),
    (".", "d", b'{"_id": "d"}'),
    ("..", "d", b'{"_id": "d"}'),
    *[("io.cozy.files", "d", json.dumps(cozy_directory("d", "/x") | wrong).encode()) for wrong in WRONG_DIRECTORIES],
]


@pytest.mark.parametrize(("doctype", "doc_id", "raw"), HOSTILE)
def test_hostile_documents_are_refused_with_a_sentence(ada: Person, doctype: str, doc_id: str, raw: bytes) -> None:
    good = document("com.example.x", {"_id": "good"})
    placed = Placer(ada.row, COZY).documents([RawDocument(doctype, doc_id, raw), good])
    assert [one.outcome for one in placed] == [Outcome.REFUSED, Outcome.CREATED]
    assert placed[0].note.endswith(".")
    assert ada.used == bytes_held(ada.row)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a/b"},
        {"name": ""},
        {"name": None},
        {"dir_id": 7},
        {"dir_id": "i" * 100},
        {"dir_id": "a\0"},
        {"mime": "a\0"},
        {"dir_id": TRASH, "restore_path": "/../x"},
        {"class": "image", "referenced_by": [{"type": "io.cozy.photos.albums", "id": ["x"]}]},
    ],
)
def test_hostile_files_are_refused_and_leave_nothing(ada: Person, wrong: dict[str, Any]) -> None:
    placed = place(ada, cozy_file("f1", "a.txt", b"bytes") | wrong, b"bytes")
    assert placed.outcome is Outcome.REFUSED
    assert placed.note.endswith(".")
    assert ada.used == 0
    assert (Holding.objects.count(), Upload.objects.count(), len(list(stored_keys(default_storage)))) == (0, 0, 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"updated_at": "9999-12-31T23:59:59-23:00", "created_at": "0001-01-01T00:00:00+23:00"},
        {"updated_at": 10**400},
        {"updated_at": {"a": 1}, "tags": 7, "metadata": [], "referenced_by": 7, "size": [], "mime": 7, "class": {}},
        {"referenced_by": [7, {"type": 7}], "metadata": {"wharf": 7}},
        {"metadata": {"wharf": {"kind": ["file"]}}},
        {"metadata": {"wharf": {"kind": "from the future"}}},
    ],
)
def test_odd_fields_of_files_do_no_harm(http: httpx.Client, ada: Person, odd: dict[str, Any]) -> None:
    for outcome in (Outcome.CREATED, Outcome.UNCHANGED):
        assert place(ada, cozy_file("f1", "a.txt", b"bytes") | odd, b"bytes").outcome is outcome
    assert TakeOut.made(http, ada).everything()["My Cozy/Files/a.txt"] == b"bytes"


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
    good, broken = (post("hello", "2024-01-01T00:00:00+00:00") for _ in range(2))
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
    fill(exporter)
    source = TakeOut.made(http, ada).everything()
    bring(grace, source, WHARF)
    [name] = [name for name in source if name.startswith(f"{DATA}org.wharf.calendar.events/")]
    broken = json.loads(source[name]) | {"metadata": {"wharf": {"kind": "calendarevent", "transfer": 7}}}
    placed = Placer(grace.row, WHARF).documents([document("org.wharf.calendar.events", broken)])
    assert [one.outcome for one in placed] == [Outcome.REFUSED]
    assert "stays" in placed[0].note
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)


def test_a_file_of_ours_that_is_broken_is_read_as_a_cozys(ada: Person) -> None:
    body = cozy_file("f1", "a.txt", b"bytes", metadata={"wharf": {"kind": "file", "folder": "/x"}})
    placed = place(ada, body, b"bytes")
    assert (placed.outcome, bool(placed.note)) == (Outcome.CREATED, True)
    assert File.objects.get().shown_name == "a.txt"


def test_bytes_that_are_others_than_the_document_says_make_it_a_changed_file(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"original")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    placed = place(grace, later(body), b"edited at a Cozy")
    assert "changed elsewhere" in placed.note
    assert File.objects.get(owner=grace.row).content.sha256 == hashlib.sha256(b"edited at a Cozy").hexdigest()


def test_nobody_gets_bytes_by_naming_their_hash(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"secret of ada")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    assert Placer(grace.row, WHARF).wants_content(document("io.cozy.files", body))
    placed = place(grace, body, None, WHARF)
    assert placed.outcome == Outcome.REFUSED
    assert placed.note.startswith("Its content is missing in the archive.")
    assert not Holding.objects.filter(owner=grace.row).exists()


def test_a_file_without_its_bytes_finds_those_that_are_held(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"shared")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    place(grace, cozy_file("other", "b.txt", b"shared"), b"shared")
    assert place(grace, body, None, WHARF).outcome is Outcome.CREATED
    assert Content.objects.count() == 1
    assert grace.used == bytes_held(grace.row)


def test_a_full_account_stops_the_import_and_keeps_nothing_of_what_did_not_fit(ada: Person) -> None:
    ada.set_quota(1000)
    placer = Placer(ada.row, COZY)
    placer.documents([document("com.example.x", {"_id": "small"})])
    with pytest.raises(Refusal) as full:
        placer.documents([document("com.example.x", {"_id": "large", "text": "x" * 1000})])
    assert full.value.code == "destination_full"
    come = received(ada, b"x" * 600)
    with pytest.raises(Refusal) as full:
        placer.file(document("io.cozy.files", cozy_file("f1", "a.txt", b"", text="y" * 500)), come)
    assert full.value.code == "destination_full"
    assert Document.objects.get().doc_id == "small"
    assert ada.used == bytes_held(ada.row)
    assert (Upload.objects.count(), len(list(stored_keys(default_storage)))) == (0, 0)


def test_facts_of_an_archive_say_nothing_of_ownership_or_room(ada: Person, grace: Person) -> None:
    body = post("hello", "2024-01-01T00:00:00+00:00")
    body |= {"owner_id": grace.row.pk, "owner": "grace", "id": 1, "pk": 1, "used_bytes": -1, "transfer_id": 1}
    body["metadata"]["wharf"] |= {"owner_id": grace.row.pk, "source_id": 1, "storage_key": "aa/bb", "content_id": 1}
    assert bring_post(ada, body).outcome is Outcome.CREATED
    row = SocialActivity.objects.get()
    assert (row.owner, row.source.owner, row.transfer.owner) == (ada.row, ada.row, ada.row)
    assert ada.used == bytes_held(ada.row)


def test_a_document_nobody_knows_is_merged_by_its_time(ada: Person) -> None:
    def bring_one(**said: Any) -> Placement:
        return Placer(ada.row, COZY).documents([document("com.example.x", {"_id": "d"} | said)])[0]

    day = datetime(2024, 1, 1, tzinfo=UTC)
    assert bring_one(n=1, updated_at=day.isoformat()).outcome is Outcome.CREATED
    assert bring_one(updated_at=day.isoformat(), n=1).outcome is Outcome.UNCHANGED  # another order of the same
    assert bring_one(n=2, updated_at=(day - timedelta(1)).isoformat()).outcome is Outcome.OLDER
    assert bring_one(n=3).outcome is Outcome.OLDER
    assert bring_one(n=4, updated_at=(day + timedelta(1)).isoformat()).outcome is Outcome.UPDATED
    assert json.loads(Document.objects.get().body)["n"] == 4
    assert ada.used == bytes_held(ada.row)
