"""Archives that somebody has unpacked and packed again give what they hold, in whatever order, under whatever names."""

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings
from django.core.management import CommandError

from importers.maintenance import verification
from importers.verticals.blobs.models import File, Folder
from importers.verticals.unknown.models import UnknownItem
from moves.imports.running import job
from moves.jobs import Fenced
from moves.models import ArchiveImport
from tests.support.bringing import Bringing, import_archive, import_incomplete
from tests.support.cozy_archives import (
    cozy_zip,
    directory,
    directory_document,
    document,
    entry,
    file,
    file_document,
    instance,
    stored_zip,
    version,
)
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.hostile import UTF8
from tests.support.packed_again import (
    ORDERS,
    PACKED,
    Entries,
    by_path,
    from_the_end,
    packed_by,
    shuffled,
    unpacked,
    zipped,
    zipped_in,
)

MANIFEST = "My Cozy/manifest.json"


def assert_whole(person: Person, sent: Entries) -> None:
    """Everything is here to the byte, which the import itself has compared with the manifest; and is counted once."""
    [row] = ArchiveImport.objects.filter(owner=person.row)
    assert list(row.report.values_list("code", "entry", "doc_id", "sentence")) == []
    [manifest] = [json.loads(body) for name, body in sent if name == MANIFEST]
    assert row.doctypes == {doctype: one["documents"] for doctype, one in manifest["doctypes"].items()}
    assert row.documents == sum(row.outcomes.values()) == sum(row.doctypes.values())
    assert (row.state, row.missing, row.proof["equal"]) == ("done", 0, row.documents)
    assert row.files_count == manifest["files_count"]
    assert list(verification.verify_keys(repair=False)) == []


@pytest.mark.parametrize("order", ORDERS)
def test_it_comes_whole_in_whatever_order(order: str, sent: Entries, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(zipped(ORDERS[order](sent)))
    import_archive("bob", path)
    assert_whole(bob, sent)


def test_a_manifest_of_a_large_account_is_read_to_its_end(sent: Entries, bob: Person, tmp_path: Path) -> None:
    """It is read before everything else, and is longer than what is read at once."""
    lines = b"\n" * 2_500_000  # empty ones say nothing
    large = tuple((name, body.replace(b"\n", lines, 1) if name == MANIFEST else body) for name, body in sent)
    path = tmp_path / "large.zip"
    path.write_bytes(zipped(large, zipfile.ZIP_STORED))
    import_archive("bob", path)
    assert_whole(bob, sent)


@pytest.mark.parametrize("packer", [one for one in PACKED if one != "zip"])
def test_it_comes_whole_in_whatever_format(packer: str, sent: Entries, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again"
    path.write_bytes(PACKED[packer](from_the_end(sent)))
    import_archive("bob", path)
    assert_whole(bob, sent)


@pytest.mark.parametrize("flags", [0, UTF8])
@pytest.mark.parametrize("encoding", ["cp850", "cp932", "cp1252"])
def test_it_comes_whole_with_names_in_whatever_encoding(
    encoding: str, flags: int, sent: Entries, bob: Person, tmp_path: Path
) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(zipped_in(encoding, by_path(sent), flags))
    import_archive("bob", path)
    assert_whole(bob, sent)


@pytest.mark.parametrize(
    ("packer", "order", "ranges"),
    [
        ("zip", "by_path", True),
        ("streamed zip", "by_path", False),
        ("tar.gz", "from_the_end", False),
        ("tar", "shuffled", False),
        ("streamed zip", "in_small_letters", False),
        ("tar", "in_capitals", False),
    ],
)
def test_it_comes_whole_from_another_server(
    packer: str, order: str, ranges: bool, sent: Entries, bob: Person, http: httpx.Client
) -> None:
    with ExportingServer(ServedPart(PACKED[packer](ORDERS[order](sent)), ranges=ranges)) as other:
        Bringing.done(http, bob, other.link)
    assert_whole(bob, sent)


TOOLS = {"zip": "zip -qr ../again .", "zip, streamed": "zip -qr - . > ../again", "tar": "tar -czf ../again ."}


@pytest.mark.parametrize("tool", TOOLS)
def test_it_comes_whole_by_the_programs_that_people_have(tool: str, sent: Entries, bob: Person, tmp_path: Path) -> None:
    unpacked(sent, tmp_path / "folder")
    packed_by(TOOLS[tool], tmp_path / "folder")
    import_archive("bob", next(one for one in (tmp_path / "again", tmp_path / "again.zip") if one.exists()))
    assert_whole(bob, sent)


@pytest.mark.parametrize("order", [by_path, shuffled])
def test_two_halves_come_whole_wherever_documents_and_files_are(
    order: Callable[[Entries], Entries], sent: Entries, bob: Person, tmp_path: Path
) -> None:
    """Sorted, the second half has no document."""
    entries, paths = order(sent), (tmp_path / "b.zip", tmp_path / "a.tar")
    half = next(number for number, (name, _) in enumerate(by_path(sent)) if name.startswith("My Cozy/Files/"))
    paths[0].write_bytes(zipped(entries[:half]))
    paths[1].write_bytes(PACKED["tar"](entries[half:]))
    import_archive("bob", *paths)
    assert_whole(bob, sent)


@pytest.mark.services
@pytest.mark.parametrize("local", [True, False])
def test_stopped_again_and_again_it_goes_on_and_counts_each_once(
    local: bool, sent: Entries, bob: Person, http: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped wherever something was written: after each batch, of one document or file."""
    from moves.imports.reading.batch import Batch
    from moves.imports.reading.reading_pass import ReadingPass

    place, stops = ReadingPass.place, [0]

    def stopped(*arguments: object, **columns: object) -> None:
        place(*arguments, **columns)  # type: ignore[arg-type]
        stops[0] += 1
        if stops[0] % 7 == 0:
            raise Fenced

    monkeypatch.setattr(ReadingPass, "place", stopped)
    monkeypatch.setattr(Batch, "is_full", property(lambda batch: bool(batch.documents or batch.files)))
    with ExportingServer(ServedPart(zipped(by_path(sent)))) as other:
        bringing = Bringing.ask(http, bob, other.link)
        if local:
            path = tmp_path / "again.zip"
            path.write_bytes(zipped(shuffled(sent)))
            ArchiveImport.objects.update(link="", paths=[str(path)])
        while not job.run(bringing.pk):
            ArchiveImport.objects.update(heartbeat_at=None, tries=0)
    assert stops[0] > 50
    assert_whole(bob, sent)


@pytest.mark.services
def test_what_the_person_has_deleted_is_missing_and_the_rest_comes(sent: Entries, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    gone = [name for name, _ in sent if name.startswith("My Cozy/Files/same size/")]
    path.write_bytes(zipped(by_path((name, body) for name, body in sent if name not in gone)))
    said, ended = import_incomplete("bob", path)
    assert ended == (3, f"It is done, but {len(gone)} things are missing: the report says which.")
    row = ArchiveImport.objects.get()
    assert (row.state, row.missing) == ("incomplete", len(gone))
    assert {"missing", "not_there", "refused"} <= set(row.codes)
    assert "0.bin" in said


@pytest.mark.services
@pytest.mark.parametrize("again", [True, False])
def test_files_of_items_that_come_before_these_are_theirs_in_the_end(
    again: bool, sent: Entries, bob: Person, tmp_path: Path
) -> None:
    """As it is where the parts of an export are imported one by one, the first one last."""
    early = [
        one
        for document, content in pairwise(sent)
        if b'"file of an item"' in document[1]
        for one in (document, content)
    ]
    first, second = tmp_path / "2.zip", tmp_path / "1.zip"
    first.write_bytes(zipped(early))
    second.write_bytes(zipped(sent if again else [one for one in sent if one not in early]))
    import_incomplete("bob", first)
    assert File.objects.filter(owner=bob.row).count() == len(early) // 2 > 0
    import_archive("bob", second)
    row = ArchiveImport.objects.latest("pk")
    assert row.proof["missing"] == row.codes.get("parent_missing", 0) == 0
    items = UnknownItem.objects.filter(owner=bob.row)
    assert items.exclude(content=None).count() == len(early) // 2
    assert not File.objects.filter(owner=bob.row, payload__contains="file of an item").exists()
    assert not Folder.objects.named_by_archives().filter(owner=bob.row).exists()
    assert list(verification.verify_keys(repair=False)) == []


COZY = [
    instance(),
    document("io.cozy.photos.albums", "album", name="Holidays"),
    document("io.cozy.notes", "In Capitals", text="n"),
    directory("inner", "/Übung/a", "outer"),
    directory("outer", "/Übung"),
    *file("f1", "/Übung/é.txt", b"one", "outer"),
    *file("f2", "/Übung/a/ü.txt", b"two", "inner"),
    *file("f3", "/plain.txt", b"six", md5sum=""),
    *file("f4", "/Übung/ü:?.txt", b"four", "outer", md5sum=""),
    *version("f1", "v1", b"before"),
    *file("empty", "/empty", b""),
]


@pytest.mark.parametrize(
    "order", ["by_path", "from_the_end", "underlined", "decomposed", "in_folders", "in_small_letters", "in_capitals"]
)
def test_an_archive_of_a_cozy_comes_whole_as_well(order: str, bob: Person, tmp_path: Path) -> None:
    """It has no manifest, and its documents say nothing but an MD5, if that."""
    path = tmp_path / "again.zip"
    path.write_bytes(zipped(ORDERS[order](COZY)))
    import_archive("bob", path)
    row = ArchiveImport.objects.get()
    assert (row.state, row.report.count()) == ("done", 0), list(row.report.values_list("code", "entry", "sentence"))
    files = File.objects.filter(owner=bob.row)
    found = {(file.folder.identifier, file.name, file.content.size) for file in files}
    assert found == {
        ("/Übung", "é.txt", 3),
        ("/Übung/a", "ü.txt", 3),
        ("/", "plain.txt", 3),
        ("/Übung", "ü:?.txt", 4),
        ("/", "empty", 0),
    }
    assert files.get(name="é.txt").versions.count() == 1


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp737", ("Γειά.txt", "σου.txt")),
        ("cp862", ("שלום.txt", "עולם.txt")),
        ("cp720", ("سلام.txt", "عالم.txt")),
        ("cp874", ("สวัสดี.txt", "โลกนี้.txt")),
        ("cp1125", ("їжак.txt", "ґудз.txt")),
        ("cp857", ("ışık.txt", "ğüş.txt")),
    ],
)
def test_a_zip_of_windows_comes_whole_with_names_in_the_code_page_of_any_country(
    encoding: str, names: tuple[str, str], bob: Person, tmp_path: Path
) -> None:
    """All files have the same size, and nothing tells what is in them."""
    entries = [instance(), directory("d1", "/Folder")]
    for number, name in enumerate(names):
        entries += file(f"f{number}", f"/Folder/{name}", b"%d" % number, "d1", md5sum="")
    path = tmp_path / "again.zip"
    path.write_bytes(zipped_in(encoding, by_path(entries)))
    import_archive("bob", path)
    found = {one.name: one.content.sha256 for one in File.objects.filter(owner=bob.row)}
    assert found == {name: hashlib.sha256(b"%d" % number).hexdigest() for number, name in enumerate(names)}


@pytest.mark.services
def test_the_same_again_changes_nothing(sent: Entries, bob: Person, tmp_path: Path) -> None:
    for number, order in enumerate((by_path, shuffled)):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(zipped(order(sent)))
        import_archive("bob", path)
    row = ArchiveImport.objects.latest("pk")
    assert set(row.outcomes) == {"unchanged"}
    assert row.files_count == 0


def test_what_packs_well_is_no_attack(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(cozy_zip(by_path([instance(), *file("zeros", "/zeros", bytes(70 * 2**20))])))
    import_archive("bob", path)
    assert File.objects.get(owner=bob.row).content.size == 70 * 2**20


def test_more_documents_than_may_wait_end_it_with_a_sentence(
    sent: Entries, bob: Person, settings: LazySettings, tmp_path: Path
) -> None:
    settings.WHARF_IMPORT_MOST_WAITING = 1000
    path = tmp_path / "again.zip"
    path.write_bytes(zipped(by_path(sent)))
    with pytest.raises(CommandError, match="apart from their files"):
        import_archive("bob", path)


def test_an_archive_that_is_cut_gives_what_it_has_in_whatever_order(sent: Entries, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    packed = zipped([*by_path(COZY), ("My Cozy/Files/large", random.Random(1).randbytes(90_000))])  # noqa: S311
    path.write_bytes(packed[:-60_000])
    with pytest.raises(CommandError, match="breaks off"):
        import_archive("bob", path)
    assert File.objects.filter(owner=bob.row).count() == 5


@pytest.mark.parametrize("member", ["name", "path", "md5sum", "dir_id", "entry"])
def test_half_a_character_in_a_document_is_no_fault(bob: Person, tmp_path: Path, member: str) -> None:
    """JSON may have one, and no database can."""
    folder = directory_document("d1", "/Folder")
    said = file_document("f1", "a.txt", b"1", "d1") | {"metadata": {"wharf": {"entry": "a.txt"}}}
    for body in (said, folder, said["metadata"]["wharf"]):
        if member in body:
            body[member] = "HALF"
    documents = [entry("io.cozy.files", body) for body in (folder, said)]
    documents = [(name, raw.replace(b'"HALF"', rb'"\ud800"')) for name, raw in documents]
    path = tmp_path / "again.zip"
    path.write_bytes(stored_zip([("My Cozy/Files/Folder/a.txt", b"1"), *documents, instance()]))
    with suppress(CommandError):
        import_archive("bob", path)
    row = ArchiveImport.objects.get()
    assert (row.state in ("done", "incomplete"), row.error) == (True, "")
