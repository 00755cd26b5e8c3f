"""Files of a person that are called like what systems leave: they come, and what does not come is told."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from importers.verticals.blobs.models import File
from moves.models import ArchiveImport
from tests.support.bringing import import_archive, import_incomplete
from tests.support.exporter import Exporter, Person, file_item
from tests.support.packed_again import PACKED, Entries, by_path, from_the_end
from tests.support.takeout import TakeOut

CALLED = [("poem.txt", "/Recycled"), ("poem.txt", "/lost+found"), ("Thumbs.db", "/A"), ("~$poem.docx", "/A")]


@pytest.mark.parametrize("packer", ["zip", "tar"])
@pytest.mark.parametrize(("name", "folder"), CALLED)
def test_alone_in_an_archive_that_was_packed_again_it_comes(
    name: str, folder: str, packer: str, exporter: Exporter, http: httpx.Client, ada: Person, tmp_path: Path
) -> None:
    exporter.send_file("blobs", file_item(name, folder), b"a poem")
    document = File.objects.get().doc_id
    path = tmp_path / "again"
    entries = TakeOut.made(http, ada).everything().items()
    # Its document is not the last one before its bytes.
    path.write_bytes(PACKED[packer](sorted(entries, key=lambda one: (document not in one[0], one[0]))))
    bob = Person.create("bob")
    import_archive("bob", path)
    row = ArchiveImport.objects.get()
    assert (row.state, row.missing, list(row.report.values_list("code", "entry"))) == ("done", 0, [])
    assert File.objects.get(owner=bob.row).content == File.objects.get(owner=ada.row).content


@pytest.mark.parametrize("order", [by_path, from_the_end, tuple])
@pytest.mark.parametrize("folder", ["Recycled", "lost+found", ".Trash", "Mine"])
def test_without_its_document_it_is_told(
    folder: str,
    order: Callable[[Entries], Entries],
    exporter: Exporter,
    http: httpx.Client,
    ada: Person,
    tmp_path: Path,
) -> None:
    exporter.send_file("blobs", file_item("poem.txt", f"/{folder}"), b"a poem")
    exporter.send_file("blobs", file_item("other.txt", "/B"), b"another")
    gone = File.objects.get(name="poem.txt").doc_id
    entries = TakeOut.made(http, ada).everything().items()
    left: Entries = [(name, body) for name, body in entries if gone not in name and "manifest" not in name]
    path = tmp_path / "again.zip"
    path.write_bytes(PACKED["zip"](order(left)))
    Person.create("bob")
    _, (code, _) = import_incomplete("bob", path)
    assert code == 3
    told = ArchiveImport.objects.get().report.values_list("code", "entry")
    assert ("stray_content", f"My Cozy/Files/{folder}/poem.txt") in told
