"""Files of a person that are called as an archive calls its own: they come back as they were, whatever an archive has
been through."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from importers.verticals.blobs.models import File
from moves.models import ArchiveImport, Document
from tests.support.bringing import Bringing, import_archive, import_incomplete
from tests.support.exporter import Person, file_item
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.packed_again import (
    PACKED,
    Entries,
    by_path,
    from_the_end,
    in_capitals,
    in_folders,
    in_small_letters,
    shuffled,
    with_backslashes,
    without_the_root,
)
from tests.support.takeout import TakeOut

MANIFEST = "My Cozy/manifest.json"
CALLED = (
    ("manifest.json", "/"),
    ("MANIFEST.JSON", "/Other case"),
    ("manifest.json", "/Photos"),
    ("manifest.json", "/My Cozy"),
    ("instance.json", "/Data"),
    ("x.json", "/Data"),
    ("note.json", "/Data/io.cozy.notes"),
    ("note.json", "/My Cozy/Data/io.cozy.notes"),
    ("note.json", "/Backup/My Cozy/Data/io.cozy.notes"),
    ("manifest.json", "/Files"),
    ("x.json", "/Files/Data/io.cozy.notes"),
    ("index.html", "/Files"),
    ("index.html", "/Readable"),
    ("manifest.json", "/data"),
    ("note.json", "/data/io.cozy.notes/é"),
    ("manifest.json", "/e\u0301"),
)
MADE: list[Entries] = []
WANTED: set[tuple[str, str, str]] = set()  # folder, name and SHA-256 of each file


@pytest.fixture
def mine(request: pytest.FixtureRequest) -> Entries:
    """The entries of an export of somebody who keeps an older one, unpacked, and much that is called like it."""
    if not MADE:
        exporter, http, ada = map(request.getfixturevalue, ("exporter", "http", "ada"))
        exporter.send_file("blobs", file_item("first.txt", "/Old"), b"first")
        older = TakeOut.made(http, ada).everything()
        for number, (name, folder) in enumerate(CALLED):
            assert exporter.send_file("blobs", file_item(name, folder), b"mine %d" % number).status_code == 201
        for name, body in older.items():
            if name.startswith("My Cozy/Data/io.cozy.files/"):
                folder, _, own = name.partition("/")[2].rpartition("/")
                assert exporter.send_file("blobs", file_item(own, f"/{folder}"), body).status_code == 201
        exporter.new_job()  # the manifest of the older one, in place of what was called so
        assert exporter.send_file("blobs", file_item("manifest.json", "/"), older["My Cozy/manifest.json"]).is_success
        MADE.append(tuple(TakeOut.made(http, ada).everything().items()))
        WANTED.update(files_of(ada))
    return MADE[0]


def files_of(person: Person) -> set[tuple[str, str, str]]:
    rows = File.objects.filter(owner=person.row).values_list("folder__identifier", "name", "content__sha256")
    return set(rows)


def in_folder(name: str, order: Callable[[Entries], Entries] = by_path) -> Callable[[Entries], Entries]:
    return lambda entries: order([(f"{name}/{one}", body) for one, body in entries])


def gone(order: Callable[[Entries], Entries]) -> Callable[[Entries], Entries]:
    return lambda entries: order([(one.partition("/")[2], body) for one, body in entries])


SHAPES: dict[str, Callable[[Entries], Entries]] = {
    "as it was": tuple,
    "sorted": by_path,
    "in folders": in_folders,
    "doubled": in_folder("My Cozy"),
    "in a folder called Files": in_folder("Files"),
    "in a folder called Data": in_folder("Data", shuffled),
    "in a folder called Readable, in another": in_folder("x/Readable", from_the_end),
    "without its folder": without_the_root,
    "without its folder, in its order": gone(tuple),
    "without its folder, from the end": gone(from_the_end),
    "without its folder, shuffled": gone(shuffled),
    "without its folder, in small letters": lambda entries: in_small_letters(without_the_root(entries)),
    "without its folder, in capitals": lambda entries: in_capitals(gone(shuffled)(entries)),
    "without its folder, with backslashes": lambda entries: with_backslashes(without_the_root(entries))[1:],
}
# Shapes in which the last names tell what the first ones were; some of them are tried in other ways, too.
TARRED = ("in a folder called Data", "without its folder, from the end")
HARD = (*TARRED, "without its folder", "without its folder, with backslashes")


def assert_all_is_there(person: Person) -> None:
    row = ArchiveImport.objects.get(owner=person.row)
    assert list(row.report.values_list("code", "entry", "doc_id")) == []
    assert (row.state, row.missing) == ("done", 0)
    assert row.proof.get("equal") in (None, row.documents)
    assert files_of(person) == WANTED
    assert not Document.objects.filter(owner=person.row).exists()


@pytest.mark.parametrize("shape", SHAPES)
def test_they_come_back_from_an_archive_of_any_shape(shape: str, mine: Entries, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again"
    packer = "tar.gz" if shape in TARRED else "zip"
    path.write_bytes(PACKED[packer](SHAPES[shape](mine)))
    import_archive("bob", path)
    assert_all_is_there(bob)


@pytest.mark.parametrize("shape", HARD)
def test_they_come_back_without_the_manifest_of_their_archive(
    shape: str, mine: Entries, bob: Person, tmp_path: Path
) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(PACKED["zip"](SHAPES[shape]([one for one in mine if one[0] != MANIFEST])))
    import_archive("bob", path)
    assert_all_is_there(bob)


@pytest.mark.parametrize("shape", HARD)
def test_they_come_back_from_halves_of_which_one_has_no_document(
    shape: str, mine: Entries, bob: Person, tmp_path: Path
) -> None:
    entries = SHAPES[shape](mine)
    paths = tmp_path / "1.zip", tmp_path / "2.tar"
    files = SHAPES[shape]([one for one in mine if one[0].startswith("My Cozy/Files/")])
    paths[0].write_bytes(PACKED["tar"](files))
    paths[1].write_bytes(PACKED["zip"]([one for one in entries if one not in files]))
    import_archive("bob", *paths)
    assert_all_is_there(bob)


@pytest.mark.parametrize("shape", [*HARD, "without its folder, in capitals"])
def test_they_come_back_from_another_server(shape: str, mine: Entries, bob: Person, http: httpx.Client) -> None:
    packer, ranges = ("tar.gz", False) if shape in TARRED else ("zip", True)
    with ExportingServer(ServedPart(PACKED[packer](SHAPES[shape](mine)), ranges=ranges)) as other:
        Bringing.done(http, bob, other.link)
    assert_all_is_there(bob)


def test_a_manifest_that_cannot_be_read_is_told_and_one_that_is_none_of_the_archive_is_left_out(
    mine: Entries, bob: Person, tmp_path: Path
) -> None:
    path = tmp_path / "again.zip"
    damaged = [(name, b"{" if name == MANIFEST else body) for name, body in mine]
    beside = [("Another/manifest.json", b"{}"), *mine]
    path.write_bytes(PACKED["zip"](without_the_root(damaged)))
    import_incomplete("bob", path)
    assert ArchiveImport.objects.get().codes == {"manifest_unreadable": 1}
    assert files_of(bob) == WANTED
    path.write_bytes(PACKED["zip"](by_path(beside)))
    import_archive("bob", path)
    row = ArchiveImport.objects.latest("pk")
    assert (row.codes, row.proof["missing"]) == ({"unknown_entry": 1}, 0)


def test_no_archive_is_verified_by_the_manifest_that_is_a_file_in_it(mine: Entries, tmp_path: Path) -> None:
    path = tmp_path / "again.tar"
    path.write_bytes(PACKED["tar"](without_the_root(mine)))
    with pytest.raises(CommandError, match="None of these archives has a manifest"):
        call_command("verify_archive", path)
