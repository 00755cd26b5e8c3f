"""Archives come in: what an account exported is in another one afterwards, and nothing comes twice."""

import io
import os
import random
import tarfile
import time
import zipfile
from io import StringIO
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command

from accounts.sizes import MIB
from importers.content.md5 import Md5
from importers.maintenance import verification
from importers.verticals.blobs.models import File, FileVersion
from importers.verticals.media.models import Photo
from importers.verticals.social_posts.models import SocialActivity
from moves.imports.running import job
from moves.models import ArchiveImport, Document
from tests.support.bringing import Bringing, import_archive, link_of
from tests.support.cozy_archives import ROOT, cozy_zip, directory, document, file, instance
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

pytestmark = pytest.mark.services


@pytest.fixture
def filled(exporter: Exporter, ada: Person) -> Person:
    for number in range(20):
        activity = {"id": f"{number}", "title": f"Post {number}"}
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": activity})
    for number in range(10):
        exporter.send_file("blobs", file_item(f"{number}.bin", f"/folder {number % 3}"), os.urandom(1000 * number))
    return ada


def counts(person: Person) -> tuple[int, ...]:
    models = (File, FileVersion, SocialActivity, Document)
    return (person.used, *(model._default_manager.filter(owner=person.row).count() for model in models))


def test_a_round_trip_gives_equal_manifests(filled: Person, bob: Person, server: str, http: httpx.Client) -> None:
    sent = TakeOut.made(http, filled)
    brought = Bringing.done(http, bob, link_of(server, sent))
    assert brought.said == []
    assert brought.row.proof["missing"] == 0
    assert brought.row.proof["equal"] == brought.row.proof["documents"]
    assert File.objects.filter(owner=bob.row).count() == 10
    assert TakeOut.made(http, bob).manifest() == sent.manifest()
    assert list(verification.verify_keys(repair=False)) == []


def repacked(entries: dict[str, bytes], kind: str) -> bytes:
    """An archive as people and programs pack it again."""
    packed = io.BytesIO()
    if kind == "streamed":
        return cozy_zip(entries.items())
    if kind == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in entries.items():
                archive.writestr(name, body)
        return packed.getvalue()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, body in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "streamed"])
def test_a_round_trip_without_the_manifest_gives_equal_ones(
    kind: str, exporter: Exporter, ada: Person, bob: Person, http: httpx.Client
) -> None:
    send_all(exporter)
    sent = TakeOut.made(http, ada)
    entries = sent.everything()
    del entries["My Cozy/manifest.json"]
    with ExportingServer(ServedPart(repacked(entries, kind), ranges=False)) as other:
        brought = Bringing.done(http, bob, other.link)
    assert brought.said == []
    assert TakeOut.made(http, bob).manifest() == sent.manifest()


def test_a_link_is_forgotten_when_it_has_ended(filled: Person, bob: Person, server: str, http: httpx.Client) -> None:
    brought = Bringing.ask(http, bob, link_of(server, TakeOut.made(http, filled)))
    assert brought.row.link
    assert job.run(brought.pk)
    assert brought.row.link == ""


def test_several_parts_come_whole(filled: Person, bob: Person, server: str, http: httpx.Client) -> None:
    sent = TakeOut.made(http, filled, parts_size=5_000)
    assert len(sent.cursors) > 5
    brought = Bringing.done(http, bob, link_of(server, sent))
    assert brought.row.parts.exclude(done_at=None).count() == len(sent.cursors)
    assert TakeOut.made(http, bob).manifest() == sent.manifest()


def test_imported_twice_nothing_changes(filled: Person, bob: Person, server: str, http: httpx.Client) -> None:
    sent = TakeOut.made(http, filled)
    Bringing.done(http, bob, link_of(server, sent))
    before = counts(bob)
    again = Bringing.done(http, bob, link_of(server, sent))
    assert counts(bob) == before
    assert set(again.row.outcomes) == {"unchanged"}
    assert again.row.files_count == 0
    assert TakeOut.made(http, bob).manifest() == sent.manifest()


def test_imported_into_the_account_it_came_from_nothing_changes(
    filled: Person, server: str, http: httpx.Client
) -> None:
    sent = TakeOut.made(http, filled)
    before = counts(filled)
    brought = Bringing.done(http, filled, link_of(server, sent))
    assert set(brought.row.outcomes) == {"unchanged"}
    assert counts(filled) == before


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_on_the_disk_come_in_any_order(
    kind: str, filled: Person, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    sent = TakeOut.made(http, filled, parts_size=5_000)
    paths = []
    for number, part in enumerate(sent.parts(format=kind)):
        paths.append(tmp_path / f"{random.random()}.{kind}")  # noqa: S311
        paths[number].write_bytes(part)
    random.Random(3).shuffle(paths)  # noqa: S311
    out = StringIO()
    call_command("import_archive", "bob", *map(str, paths), stdout=out, stderr=StringIO())
    assert "compared by their SHA-256" in out.getvalue()
    assert TakeOut.made(http, bob).manifest() == sent.manifest()
    assert ArchiveImport.objects.get().report.count() == 0


def test_an_archive_of_a_cozy_becomes_files_and_albums(bob: Person, http: httpx.Client) -> None:
    photo = os.urandom(3000)
    entries = [
        instance(),
        document("io.cozy.photos.albums", "album-1", name="Holidays", created_at="2020-01-01T00:00:00Z"),
        document("io.cozy.bank.accounts", "bank-1", balance=12.50, label="Checking"),
        document("io.cozy.sessions", "session-1", secret="x"),
        directory("dir-1", "/Letters"),
        directory("dir-2", "/Letters/Old", "dir-1"),
        *file("file-1", "/Letters/Old/a.txt", b"Dear Ada", "dir-2"),
        *file("file-2", "/top.txt", b"at the top"),
        *file(
            "file-3",
            "/photo.jpg",
            photo,
            mime="image/jpeg",
            referenced_by=[{"type": "io.cozy.photos.albums", "id": "album-1"}],
            **{"class": "image"},
        ),
    ]
    entries += [
        document("io.cozy.files.versions", "file-1/1-abc", md5sum="", size="4", tags=[]),
        (f"{ROOT}/Files/file-1/1-abc", b"Dear"),
    ]
    with ExportingServer(ServedPart(cozy_zip(entries), ranges=False)) as cozy:
        brought = Bringing.done(http, bob, cozy.link)
    assert brought.row.source["product"] == "Cozy"
    assert brought.row.source["instance"]["domain"] == "ada.cozy.example"
    assert brought.row.proof["missing"] == 0, brought.said
    assert {file.name for file in File.objects.filter(owner=bob.row)} == {"a.txt", "top.txt"}
    assert FileVersion.objects.filter(owner=bob.row).count() == 1
    [record] = Photo.objects.filter(owner=bob.row)
    assert record.content.size == len(photo)
    assert Document.objects.get(owner=bob.row, doctype="io.cozy.bank.accounts")
    assert brought.row.outcomes["ignored"] == 1
    assert TakeOut.made(http, bob).documents("io.cozy.bank.accounts")["bank-1"]["balance"] == 12.5


def test_a_document_without_its_content_is_said(bob: Person, http: httpx.Client) -> None:
    """A Cozy that misses a file writes its document all the same."""
    alone, _ = file("file-1", "/lost.txt", b"lost")
    entries = [instance(), alone, *file("file-2", "/there.txt", b"there")]
    with ExportingServer(ServedPart(cozy_zip(entries), ranges=False)) as cozy:
        brought = Bringing.done(http, bob, cozy.link)
    assert brought.said == [("refused", "io.cozy.files/file-1")]
    assert brought.row.proof["missing"] == 1
    assert [file.name for file in File.objects.filter(owner=bob.row)] == ["there.txt"]


def test_the_root_may_have_any_name(bob: Person, http: httpx.Client) -> None:
    entries = [
        (name.replace(ROOT, "Mein Cozy"), body) for name, body in [instance(), *file("file-1", "/a.txt", b"a text")]
    ]
    with ExportingServer(ServedPart(cozy_zip(entries), ranges=False)) as cozy:
        brought = Bringing.done(http, bob, cozy.link)
    assert brought.said == []
    assert File.objects.get(owner=bob.row).name == "a.txt"


def test_a_tar_comes_from_a_server_as_well(filled: Person, bob: Person, http: httpx.Client) -> None:
    sent = TakeOut.made(http, filled)
    with ExportingServer(ServedPart(sent.fetch(format="tar").content)) as other:
        brought = Bringing.done(http, bob, other.link)
    assert brought.said == []
    assert TakeOut.made(http, bob).manifest() == sent.manifest()


def test_a_file_whose_md5_takes_longer_than_its_bytes_is_none_that_is_damaged(
    ada: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Md5._take

    def slowly(self: Md5) -> None:
        time.sleep(0.05)
        take(self)

    monkeypatch.setattr(Md5, "_take", slowly)
    path = tmp_path / "archive.zip"
    path.write_bytes(cozy_zip([instance(), *file("large", "/large.bin", os.urandom(12 * MIB))]))
    import_archive(ada.name, path)
    assert File.objects.get(owner=ada.row).content.md5


@pytest.mark.parametrize("packed", ["sizes behind", "sizes before", "tar.gz"])
def test_a_file_that_is_of_the_size_that_its_document_says_comes_at_any_ratio(
    http: httpx.Client, ada: Person, tmp_path: Path, packed: str
) -> None:
    zeros = bytes(90 * MIB)
    entries = [instance(), *file("zeros", "/disk.img", zeros), *file("f2", "/a.txt", b"after")]
    path = tmp_path / "archive"
    if packed == "sizes behind":
        path.write_bytes(cozy_zip(entries))
    elif packed == "sizes before":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, body in entries:
                made.writestr(name, body)
    else:
        with tarfile.open(path, "w:gz") as tar:
            for name, body in entries:
                member = tarfile.TarInfo(name)
                member.size = len(body)
                tar.addfile(member, io.BytesIO(body))
    for _ in range(2 if packed == "sizes behind" else 1):  # the second time, its bytes are here, and it is gone over
        said = import_archive(ada.name, path)
        assert File.objects.count() == 2, said
    assert set(File.objects.values_list("content__size", flat=True)) == {len(zeros), 5}
