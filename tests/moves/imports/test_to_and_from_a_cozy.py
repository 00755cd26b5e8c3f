"""What a Cozy reads: exact names in documents, ids of any kind, and entries that every file system takes."""

import hashlib
import json
import random
import unicodedata
from base64 import b64encode
from datetime import datetime
from typing import Any

import httpx
import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.texts import translated
from importers.documents.arriving import Outcome
from importers.maintenance import collection, verification
from importers.maintenance.verification import bytes_held
from importers.models import Content
from importers.text import portable_name
from importers.verticals.blobs.models import File
from importers.verticals.media.models import Album, Photo
from moves.exports import hashing
from moves.models import Document
from tests.support.archives import WHARF, bring, manifest
from tests.support.bringing import Bringing
from tests.support.cozy_archives import cozy_zip, directory, document, file, instance, version
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut

FILES = "io.cozy.files"
ODD = ["a:b?.txt", "con", "dot.", "tab\t.txt", 'q"*<>|\\.txt', "Readme", "README", "über", "u\u0308ber", ".hidden"]


def test_names_come_back_as_they_were(http: httpx.Client, ada: Person, grace: Person) -> None:
    archive = [instance(), directory("dir0", "/aux: 1?")]
    for number, name in enumerate(ODD):
        archive += file(f"file{number}", f"/aux: 1?/{name}", f"{number}".encode(), "dir0")
    assert Bringing.of(http, ada, cozy_zip(archive)).said == []
    take_out = TakeOut.made(http, ada)
    documents, entries = take_out.documents(FILES), take_out.everything()
    assert documents["dir0"]["path"] == "/aux: 1?"
    assert [documents[f"file{number}"]["name"] for number in range(len(ODD))] == ODD
    for number in range(len(ODD)):
        said = documents[f"file{number}"]
        path = said["metadata"]["wharf"].get("entry", f"{documents['dir0']['path']}/{said['name']}")
        assert entries[f"My Cozy/Files{path}"] == str(number).encode()
        assert not set(path) & set('\\:"|?*\t')
    # Another Wharf finds the entries again, by what the document says or by the form that every system takes.
    for body in documents.values():
        if body["name"] == "a:b?.txt":
            del body["metadata"]["wharf"]["entry"]
    entries |= {f"My Cozy/Data/{FILES}/{doc_id}.json": json.dumps(body).encode() for doc_id, body in documents.items()}
    del entries["My Cozy/manifest.json"]
    bringing = Bringing.of(http, grace, cozy_zip(entries.items()))
    assert [one for one in bringing.said if one[0] != "unknown_entry"] == []
    assert set(File.objects.filter(owner=grace.row).values_list("name", flat=True)) == set(ODD)


@pytest.mark.parametrize("name", ["é" * 125 + ".txt", "x" * 250])
def test_a_name_that_is_too_long_is_cut_and_it_is_said(
    exporter: Exporter, http: httpx.Client, ada: Person, name: str
) -> None:
    for body in (b"1", b"2", b"3"):
        exporter.send_file("blobs", file_item(name), body)
    take_out = TakeOut.made(http, ada)
    documents = [one for one in take_out.documents(FILES).values() if one["type"] == "file"]
    entries = take_out.everything()
    assert len({one["name"] for one in documents}) == 3
    for said in documents:
        assert len(said["name"].encode()) <= 240
        assert said["name"].endswith(".txt") == name.endswith(".txt")
        assert said["metadata"]["wharf"]["name"] == name
        assert f"My Cozy/Files/root/foo/{said['name']}" in entries
    assert take_out.row.cut_names == 3
    assert "3 names have more than 240 bytes" in take_out.row.events.get(kind="done").detail


def test_that_one_name_is_cut_is_said_of_one(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send_file("blobs", file_item("x" * 250), b"1")
    said = TakeOut.made(http, ada).row.events.get(kind="done").detail
    assert said.endswith("; 1 name has more than 240 bytes, and was cut")
    with override("fr"):
        assert "1 nom a plus de 240 octets et a été coupé" in translated(said)
        assert "1 nom a plus" in translated(said.replace("name has", "names have").replace("was cut", "were cut"))


NAMEABLE = [
    *("..", ".", "percent/", "100%", "a//b", "io.cozy.apps/drive", "a%2Fb"),
    *("a\\b", "a/./b", "\u3000", "\U0001f469\u200d\U0001f467", "\u200f", "a\nb", "\ue000", "a" * 250),
    *("con", "a:b?", "aux.d/e./f"),
]


@pytest.mark.parametrize("doc_id", NAMEABLE)
def test_a_document_that_can_be_named_comes_and_goes(
    http: httpx.Client, ada: Person, grace: Person, doc_id: str
) -> None:
    body: dict[str, Any] = {"_id": doc_id, "n": 1}
    entries = [instance(), (f"My Cozy/Data/com.example.x/{doc_id}.json", json.dumps(body).encode())]
    bringing = Bringing.of(http, ada, cozy_zip(entries))
    assert (bringing.row.outcomes, bringing.said) == ({"created": 1}, [])
    source = TakeOut.made(http, ada).everything()
    [name] = [one for one in source if one.startswith("My Cozy/Data/com.example.x/")]
    steps = name.removeprefix("My Cozy/").split("/")
    assert {"", ".", ".."}.isdisjoint(name.removesuffix(".json").split("/"))
    assert steps == [portable_name(step) for step in steps]
    assert [one.outcome for one in bring(grace, source, WHARF)] == [Outcome.CREATED]
    assert Document.objects.get(owner=grace.row).doc_id == doc_id
    assert manifest(TakeOut.made(http, grace).everything()) == manifest(source)
    assert grace.used == bytes_held(grace.row)


def test_two_ids_that_look_alike_are_two(http: httpx.Client, ada: Person) -> None:
    bring(ada, [document("com.example.x", one) for one in ("a/", "a%2F", "a%252F")])
    TakeOut.made(http, ada).everything()
    assert Document.objects.count() == 3


def test_ids_that_some_file_systems_take_for_one_have_names_that_none_does(
    http: httpx.Client, ada: Person, grace: Person
) -> None:
    ids = [
        "ab",
        "Ab",
        "AB",
        "%41b",
        "caf\u00e9",
        "cafe\u0301",
        "CAF\u00c9",
        "stra\u00dfe",
        "strasse",
        "a" * 200,
        "A" * 200,
    ]
    bring(ada, [document("com.example.x", one) for one in ids] + [document("com.example.X", "ab")])
    take_out = TakeOut.made(http, ada).everything()
    names = [one for one in take_out if "/Data/com.example." in one]
    # What macOS and Windows take for the same: any case, letters and accents together or apart.
    assert len({unicodedata.normalize("NFC", one).casefold() for one in names}) == len(ids) + 1
    bring(grace, take_out, WHARF)
    brought = Document.objects.filter(owner=grace.row)
    assert sorted(brought.filter(doctype="com.example.x").values_list("doc_id", flat=True)) == sorted(ids)
    assert brought.filter(doctype="com.example.X").count() == 1


def test_what_a_cozy_says_for_its_own_programs_leaves_as_it_came(http: httpx.Client, ada: Person) -> None:
    image = {"class": "image", "mime": "image/jpeg"}
    in_album = [{"type": "io.cozy.photos.albums", "id": "a1"}]
    account = [{"type": "io.cozy.accounts", "id": "acc"}]
    liked = {"createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-02T00:00:00Z", "favorite": True}
    album = {"name": "Trip", "description": "In May", "created_at": "2024-01-01T00:00:00Z", "period": {"auto": True}}
    bring(
        ada,
        [
            directory("d1", "/Bank", referenced_by=account, cozyMetadata=liked),
            document("io.cozy.photos.albums", "a1", **album),
            *file("p1", "/Bank/1.jpg", b"pixels", "d1", referenced_by=in_album, cozyMetadata=liked, **image),
            *version("f1xx", "v1", b"old"),
            *file("f1xx", "/a.txt", b"new", encrypted=True),
        ],
    )
    take_out = TakeOut.made(http, ada)
    files = take_out.documents(FILES)
    assert files["d1"]["referenced_by"] == account
    assert files["f1xx"]["encrypted"] is True
    assert "encrypted" not in files["p1"]
    assert files["d1"]["created_at"] == "2024-01-01T10:00:00Z"
    assert files["d1"]["cozyMetadata"] == files["p1"]["cozyMetadata"] == liked
    assert Photo.objects.get().favorite is True
    out = take_out.documents("io.cozy.photos.albums")["a1"]
    assert {name: out[name] for name in album} == album
    assert Album.objects.get().description == "In May"
    [earlier] = take_out.documents("io.cozy.files.versions").values()
    assert earlier["relationships"]["file"]["data"] == {"_id": "f1xx", "_type": FILES}


def test_what_is_made_here_is_as_a_cozy_reads_it(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/made/for/it"), b"1")
    exporter.send("media", {"@type": "Album", "id": "full", "name": "Full"})
    exporter.send("media", {"@type": "Album", "id": "empty", "name": "Empty"})
    photo = {"@type": "Photo", "name": "a.jpg", "albumId": "full", "favoriteInfo": {"favorite": True}}
    exporter.send_file("media", photo, b"pixels", "image/jpeg")
    files = TakeOut.made(http, ada).documents(FILES)
    directories = {one["path"]: one for one in files.values() if one["type"] == "directory"}
    assert directories.keys() == {"/made", "/made/for", "/made/for/it", "/Photos", "/Photos/Full"}
    for one in directories.values():
        assert one["created_at"][:4] == one["updated_at"][:4] == str(timezone.now().year)
        assert one["referenced_by"] == []
    [liked] = [one for one in files.values() if one["name"] == "a.jpg"]
    assert liked["cozyMetadata"] == {
        "createdAt": liked["created_at"],
        "updatedAt": liked["updated_at"],
        "favorite": True,
    }


def md5sums(take_out: TakeOut) -> dict[str, str]:
    """What documents of files and of their versions say, by the path of their bytes; empty where they say none."""
    doctypes = (FILES, "io.cozy.files.versions")
    documents = {f"{name}/{doc_id}": body for name in doctypes for doc_id, body in take_out.documents(name).items()}
    return {name: body.get("md5sum", "") for name, body in documents.items() if body.get("type") != "directory"}


@pytest.mark.parametrize("by", ["hashing the parts", "purge", "verify_storage", "coming once more"])
def test_every_file_and_version_says_its_md5(exporter: Exporter, http: httpx.Client, ada: Person, by: str) -> None:
    bodies = [b"1", random.Random(1).randbytes(3_000_000), b"pixels"]  # noqa: S311
    exporter.send_file("blobs", file_item("a.txt"), bodies[0])
    exporter.new_job()
    exporter.send_file("blobs", file_item("a.txt"), bodies[1])
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg"}, bodies[2], "image/jpeg")
    right = sorted(b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode() for body in bodies)
    assert sorted(md5sums(TakeOut.made(http, ada)).values()) == right
    Content.objects.update(md5="")  # as it was kept before
    take_out = TakeOut.made(http, ada)
    assert list(md5sums(take_out).values()) == [""] * 3
    match by:
        case "hashing the parts":
            hashing.hash_parts(take_out.pk)
        case "purge":
            assert collection.purge()["MD5s computed"] == 3
        case "verify_storage":
            assert len(list(verification.verify_contents(read=True))) == 3
        case "coming once more":
            for number, body in enumerate(bodies):
                exporter.send_file("blobs", file_item(f"{number}.txt", "/again"), body)
    assert set(md5sums(TakeOut.made(http, ada)).values()) == set(right)


@pytest.mark.parametrize("odd", ["..", "percent/", "a/b", "a\\b", "a\u200fb", "x" * 70])
def test_a_file_a_directory_and_an_album_may_have_any_id(http: httpx.Client, ada: Person, odd: str) -> None:
    image = {"class": "image", "mime": "image/jpeg", "referenced_by": [{"type": "io.cozy.photos.albums", "id": odd}]}
    archive = [
        instance(),
        document("io.cozy.photos.albums", odd, name="Trip"),
        directory(f"d{odd}", "/Work"),
        *file(odd, "/Work/a.txt", b"1", f"d{odd}"),
        *file(f"p{odd}", "/Work/a.jpg", b"2", f"d{odd}", **image),
    ]
    if odd != "..":  # which climbs in the name of a version's entry
        archive += version(odd, "v1", b"0")
    for outcome in ("created", "unchanged"):
        bringing = Bringing.of(http, ada, cozy_zip(archive))
        assert (bringing.row.outcomes, bringing.said) == ({outcome: 4 + (odd != "..")}, [])
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/Work/")}
    assert files == {"My Cozy/Files/Work/a.txt", "My Cozy/Files/Work/a.jpg"}
    assert Photo.objects.get().albums.get().name == "Trip"
    assert File.objects.get().versions.count() == (odd != "..")


@pytest.mark.parametrize("name", [7, None, "a\0b", ["x"]])
def test_an_album_may_say_anything_and_a_photo_may_refer_to_it_in_any_way(
    http: httpx.Client, ada: Person, name: Any
) -> None:
    album = "io.cozy.photos.albums"
    references = [{"type": album, "id": "a1"}, {"type": album}, {"type": album, "id": ["x"]}, {"type": album, "id": ""}]
    image: dict[str, Any] = {"class": "image", "mime": "image/jpeg", "referenced_by": references}
    archive = [instance(), document(album, "a1", name=name), *file("p1", "/a.jpg", b"1", **image)]
    bringing = Bringing.of(http, ada, cozy_zip(archive))
    assert (bringing.row.state, bringing.said) == ("done", [])
    assert Photo.objects.get().albums.get().doc_id == "a1"
    assert TakeOut.made(http, ada).documents(album).keys() == {"a1"}


@pytest.mark.parametrize("wrong", ["then", None, 1706781600, "2024-02-30T10:00:00Z", "2024-02-01T10:00:00", [], {}])
def test_what_is_none_of_a_cozys_times_and_fields_leaves_in_no_document_that_a_cozy_reads(
    http: httpx.Client, ada: Person, wrong: Any
) -> None:
    """One that it can't read would end its import."""
    odd = dict.fromkeys(("created_at", "updated_at", "executable", "encrypted"), wrong)
    odd |= {"tags": [wrong, 7], "cozyMetadata": {"updatedAt": wrong}, "class": 7}
    odd["referenced_by"] = [wrong, {"type": "io.cozy.accounts", "id": wrong and [wrong]}]
    bring(ada, [directory("d1", "/D", **odd), *file("f1", "/D/a.txt", b"1", "d1", **odd)])
    documents = TakeOut.made(http, ada).documents(FILES)
    for said in documents.values():
        assert all(datetime.fromisoformat(said[name]).tzinfo for name in ("created_at", "updated_at"))
        assert (said.get("executable", False), said["tags"], "encrypted" in said) == (False, [], False)
        assert said["referenced_by"] == []
        assert "cozyMetadata" not in said
    assert documents["f1"]["class"] == "text"
