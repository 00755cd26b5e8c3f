"""Exports larger than the first zip archives could be: over 65,535 entries, over 4 GiB, over 8 GiB."""

import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import httpx
from django.core.files.storage import default_storage

from importers.models import Content
from importers.verticals.blobs.models import File
from moves.exports import job
from moves.models import Document, Part
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut
from tests.verticals.social_posts import samples as posts

MIB, GIB = 1024**2, 1024**3


class OverHttp(io.RawIOBase):
    """A part of an export as a file that is read by ranges, as a program that seeks in it would."""

    def __init__(self, take_out: TakeOut, **query: str) -> None:
        self.take_out = take_out
        self.path = take_out.data_path(**query)
        self.size = int(take_out.http.head(self.path).headers["Content-Length"])
        self.at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        last = self.size if size < 0 else min(self.size, self.at + size)
        if last <= self.at:
            return b""
        answer = self.take_out.http.get(self.path, headers={"Range": f"bytes={self.at}-{last - 1}"})
        assert answer.status_code == 206
        self.at += len(answer.content)
        return answer.content


def keep(person: Person, doctype: str, numbers: range, digits: int = 1) -> None:
    """Documents of a kind that nobody knows, which have nothing but their names."""
    owner = person.row
    kept = (Document(owner=owner, doctype=doctype, doc_id=f"{number:0>{digits}}", body="{}") for number in numbers)
    Document.objects.bulk_create(kept, batch_size=1_000)


def test_more_entries_than_65535(http: httpx.Client, ada: Person) -> None:
    keep(ada, "org.example", range(66_000))
    take_out = TakeOut.made(http, ada)
    with zipfile.ZipFile(io.BytesIO(take_out.fetch().content)) as archive:
        assert len(archive.infolist()) > 66_000
        assert archive.testzip() is None


def peak_of_making(take_out: TakeOut) -> int:
    """The most bytes that Python held while an export was made. To trace each allocation takes ten times as long, so
    the accounts are no larger than shows what is to be seen."""
    tracemalloc.start()
    assert job.run(take_out.pk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_an_export(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    """Whoever held all of the archive would take twenty MiB."""
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "first"}})
    TakeOut.made(http, ada)  # it has imported what it needs
    posts.many(ada, 10_000)
    take_out = TakeOut.ask(http, ada)
    assert peak_of_making(take_out) < 12 * MIB
    assert Part.objects.get(export=take_out.pk).zip_size > 10 * MIB


def test_memory_does_not_grow_with_the_lines_of_a_manifest(http: httpx.Client, ada: Person) -> None:
    """As many bytes of lines as those of 50,000 documents with short names."""
    doctype = "org.example." + "a" * 240
    keep(ada, doctype, range(1_000), digits=250)
    TakeOut.made(http, ada)  # it has imported what it needs
    before = peak_of_making(TakeOut.ask(http, ada))
    keep(ada, doctype, range(1_000, 10_000), digits=250)
    take_out = TakeOut.ask(http, ada)
    assert peak_of_making(take_out) < before + 2 * MIB
    assert len(take_out.entries()["My Cozy/manifest.json"]) > 5 * MIB


def test_files_larger_than_4_and_8_gib(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    sizes = {"a": 5 * GIB, "b": 9 * GIB}
    for name in (*sizes, "last"):
        exporter.send_file("blobs", file_item(name), name.encode())
    for name, size in sizes.items():  # sparse, so that the disk has room
        content = File.objects.get(name=name).content
        Content.objects.filter(pk=content.pk).update(size=size)
        path = Path(default_storage.path(content.storage_key))
        path.chmod(0o600)
        os.truncate(path, size)
    take_out = TakeOut.made(http, ada, parts_size=40 * GIB)
    assert Part.objects.get().zip_size > 14 * GIB
    with zipfile.ZipFile(OverHttp(take_out)) as archive:
        found = {
            info.filename.rpartition("/")[2]: info.file_size
            for info in archive.infolist()
            if "/Files/" in info.filename
        }
        assert found == {**sizes, "last": 4}
        assert archive.read("My Cozy/Files/root/foo/last") == b"last"
        with archive.open("My Cozy/Files/root/foo/b") as inside:
            assert inside.read(10) == b"b" + bytes(9)
    with tarfile.open(fileobj=OverHttp(take_out, format="tar")) as tar:
        members = {member.name.rpartition("/")[2]: member for member in tar if "/Files/" in member.name}
        assert {name: member.size for name, member in members.items()} == {**sizes, "last": 4}
        last = tar.extractfile(members["last"])
        assert last is not None
        assert last.read() == b"last"
