"""The names in the archives of an export: each once, on every common system, and none in the way of another one."""

import json
import unicodedata
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from importers.verticals.blobs.models import File, Folder
from importers.verticals.media.models import Photo
from importers.verticals.unknown.models import UnknownItem
from moves.models import Document
from tests.support.bringing import import_archive
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, unzipped

FILES = "My Cozy/Files"


def as_a_laptop_sees(name: str) -> str:
    """What stays of a name on a system that tells neither the cases of letters nor the ways of accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


def files_of(take_out: TakeOut) -> dict[str, bytes]:
    return {name.removeprefix(FILES): body for name, body in take_out.everything().items() if name.startswith(FILES)}


def test_the_versions_of_a_file_are_never_in_a_persons_own_folder(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"first")
    exporter.new_job()
    exporter.send_file("blobs", file_item("a.txt"), b"second")
    [version] = TakeOut.made(http, ada).documents("io.cozy.files.versions")
    file_id, version_id = version.split("/")
    exporter.send_file("blobs", file_item(version_id, f"/{file_id}"), b"what was unpacked and sent back")
    files = files_of(TakeOut.made(http, ada))
    assert files[f"/{file_id}/{version_id}"] == b"first"
    assert files[f"/{file_id} (2)/{version_id}"] == b"what was unpacked and sent back"


@pytest.mark.parametrize("name", ["Readme.txt", "Über.txt", "straße"])
def test_names_that_a_laptop_takes_for_one_are_numbered(
    exporter: Exporter, http: httpx.Client, ada: Person, name: str
) -> None:
    alike = [name, name.swapcase(), unicodedata.normalize("NFD", name)]
    for number, one in enumerate(dict.fromkeys(alike)):
        exporter.send_file("blobs", file_item(one, f"/{one}"), f"same folder {number}".encode())
        exporter.send_file("blobs", file_item(one, "/all"), f"all {number}".encode())
    take_out = TakeOut.made(http, ada)
    files = files_of(take_out)
    assert len(files) == 2 * len(set(alike))
    assert len({as_a_laptop_sees(path) for path in files}) == len(files)
    assert len({as_a_laptop_sees(path.split("/")[1]) for path in files}) == 1 + len(set(alike))
    kept = {body["metadata"]["wharf"].get("name") for body in take_out.documents("io.cozy.files").values()}
    assert kept >= set(alike)


def test_names_that_windows_refuses_become_others_and_the_documents_keep_them(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    names = ["a:b.txt", 'q?*<>|".txt', "dot.", "space ", "con", "CON.txt", "lpt1.tar.gz"]
    for name in names:
        exporter.send_file("blobs", file_item(name, "/aux/trailing."), name.encode())
    take_out = TakeOut.made(http, ada)
    files = files_of(take_out)
    assert sorted(body.decode() for body in files.values()) == sorted(names)
    for path in files:
        assert path.startswith("/_aux/trailing._/")
        for name in path.split("/")[1:]:
            assert not set(name) & set('<>:"|?*')
            assert not name.endswith((".", " "))
            assert name.partition(".")[0].upper() not in ("CON", "LPT1", "AUX")
    kept = {body["metadata"]["wharf"].get("name") for body in take_out.documents("io.cozy.files").values()}
    assert kept >= set(names)


@pytest.mark.parametrize("names", [("Work", "work", "WORK"), ("é" * 150,) * 3])
def test_calendars_that_a_laptop_takes_for_one_are_numbered(
    exporter: Exporter, http: httpx.Client, ada: Person, names: tuple[str, ...]
) -> None:
    for number, name in enumerate(names):
        exporter.send("calendar", {"@type": "Calendar", "id": f"c{number}", "name": name})
    files = [name for name in TakeOut.made(http, ada).everything() if name.endswith(".ics")]
    assert len({as_a_laptop_sees(name) for name in files}) == 3


def test_photos_and_items_stay_where_they_are_when_a_folder_of_that_name_is_in_the_bin(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("mine.txt", "/Photos"), b"mine")
    exporter.send_file("blobs", file_item("mine.txt", "/Items"), b"mine as well")
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg"}, b"pixels", "image/jpeg")
    exporter.send_file("blobs", {"@type": "Poem", "text": "…"}, b"rhymes", "text/plain")
    files = files_of(TakeOut.made(http, ada))
    assert files["/Photos/mine.txt"] == b"mine"
    assert files["/Photos (2)/a.jpg"] == b"pixels"
    assert b"rhymes" in [body for path, body in files.items() if path.startswith("/Items (2)/blobs/")]
    Folder.objects.filter(identifier__in=["/Photos", "/Items"]).update(trashed_at=timezone.now())
    File.objects.update(trashed_at=timezone.now())
    take_out = TakeOut.made(http, ada)
    files = files_of(take_out)
    assert files["/Photos/a.jpg"] == b"pixels"
    assert files["/.cozy_trash/Photos/mine.txt"] == b"mine"
    documents = take_out.documents("io.cozy.files")
    assert documents[Photo.objects.get().doc_id]["trashed"] is False
    item = UnknownItem.objects.get().doc_id
    [rhymes] = [one for one in documents.values() if one["metadata"]["wharf"].get("item") == item]
    assert rhymes["trashed"] is False


def test_a_persons_folder_below_photos_is_no_directory_of_photos(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("mine.txt", "/Photos/Mine"), b"mine")
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg"}, b"pixels", "image/jpeg")
    names = list(TakeOut.made(http, ada).everything())  # no name is there twice
    assert f"{FILES}/Photos/Mine/mine.txt" in names
    assert f"{FILES}/Photos (2)/a.jpg" in names


def test_archives_of_two_exports_have_different_names(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    takes = [TakeOut.made(http, ada) for _ in range(2)]
    names = [take.fetch().headers["Content-Disposition"] for take in takes]
    assert len(set(names)) == 2
    assert all(take.row.doc_id[:8] in name for take, name in zip(takes, names, strict=True))
    assert Path(names[0].partition('"')[2].rstrip('"')).suffix == ".zip"


def test_no_name_in_an_archive_is_longer_than_file_systems_take_and_each_comes_back(
    http: httpx.Client, ada: Person, grace: Person, tmp_path: Path
) -> None:
    named = [("é" * 255, "a"), ("x" * 255, "b"), ("io.cozy.x", "文" * 255), ("n.s", "%/c"), ("n.s", "50%")]
    for doctype, doc_id in named:
        body = json.dumps({"_id": doc_id})
        Document.objects.create(owner=ada.row, doctype=doctype, doc_id=doc_id, body=body)
    [part] = TakeOut.made(http, ada).parts()
    assert all(len(step.encode()) <= 255 for name in unzipped(part) for step in name.split("/"))
    path = tmp_path / "part.zip"
    path.write_bytes(part)
    import_archive("grace", path)
    assert set(Document.objects.filter(owner=grace.row).values_list("doctype", "doc_id")) == set(named)
