"""A second export after another one: every document again, and only the bytes that the first one doesn't carry."""

import json
import zipfile
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from moves.archives.verification import ArchiveVerdict, verify
from moves.models import Export
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

# What is read of an earlier export is closed again.
pytestmark = [
    pytest.mark.usefixtures("without_leftovers"),
    pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"),
]

INSTANCE = "My Cozy/Data/instance.json"


@pytest.fixture
def second(exporter: Exporter, http: httpx.Client, ada: Person) -> TakeOut:
    return after_a_change(exporter, http, ada, changes_only=False)


def after_a_change(exporter: Exporter, http: httpx.Client, ada: Person, *, changes_only: bool) -> TakeOut:
    """Two exports, and between them one more file of a job that had brought one before."""
    send_all(exporter)
    exporter.new_job()
    assert exporter.send_file("blobs", file_item("old.txt", "/early"), b"what came early").status_code == 201
    first = TakeOut.made(http, ada)
    assert exporter.send_file("blobs", file_item("news.txt", "/late"), b"what came later").status_code == 201
    return TakeOut.after(first, ada, changes_only=changes_only)


@pytest.mark.services
def test_it_has_all_documents_and_only_new_bytes(second: TakeOut) -> None:
    names = list(second.everything())
    assert [name for name in names if name.startswith("My Cozy/Files/")] == ["My Cozy/Files/late/news.txt"]
    whole = TakeOut(second.http, "", Export.objects.exclude(pk=second.pk).get().pk).row
    assert second.row.documents == whole.documents + 2  # the new file, and its folder


def test_its_manifest_tells_of_all_bytes_and_says_which_it_left_out(second: TakeOut) -> None:
    manifest = json.loads(second.everything()["My Cozy/manifest.json"])
    files = [entry for entry in manifest["entries"] if entry["path"].startswith("My Cozy/Files/")]
    left_out = [entry for entry in files if entry["part"] is None]
    assert len(files) == len(left_out) + 1
    assert manifest["left_out_count"] == len(left_out)
    assert manifest["left_out_size"] == sum(entry["size"] for entry in left_out)
    assert manifest["since"] == second.row.since.doc_id  # type: ignore[union-attr]
    assert all(len(entry["sha256"]) == 64 for entry in files)


def test_it_verifies(second: TakeOut, tmp_path: Path) -> None:
    path = tmp_path / "second.zip"
    path.write_bytes(second.parts()[0])
    assert zipfile.ZipFile(BytesIO(path.read_bytes())).testzip() is None
    *_, verdict = verify([path])
    assert isinstance(verdict, ArchiveVerdict)
    assert verdict.problems == []


@pytest.mark.services
def test_changes_alone_are_no_more_than_what_changed(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    second = after_a_change(exporter, http, ada, changes_only=True)
    first = Export.objects.exclude(pk=second.pk).get()
    entries = second.everything()
    manifest = json.loads(entries["My Cozy/manifest.json"])
    # The new file and its folder, and what the same job had brought before, since it has brought more now.
    there = [name for name in entries if name.startswith("My Cozy/Data/io.")]
    assert len(there) == second.row.documents < first.documents
    assert manifest["unchanged"] == first.documents + 2 - second.row.documents
    assert not any(name.startswith("My Cozy/Readable/") for name in entries)
    assert [name for name in entries if name.startswith("My Cozy/Files/")] == ["My Cozy/Files/late/news.txt"]
    listed = {entry["path"]: entry["sha256"] for entry in manifest["entries"]}
    assert len([path for path in listed if path.startswith("My Cozy/Data/")]) == first.documents + 2 + 1
    whole = TakeOut.made(http, ada).everything()
    assert all(sha256(whole[path]).hexdigest() == listed[path] for path in listed if path != INSTANCE)


def test_a_files_bytes_follow_its_document_in_the_manifest_also_where_both_are_left_out(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    second = after_a_change(exporter, http, ada, changes_only=True)
    assert len(pairs_of(second)) > 1
    assert pairs_of(second) == pairs_of(TakeOut.made(http, ada))


def pairs_of(export: TakeOut) -> list[tuple[str, str]]:
    """Each file that the manifest lists, after the entry that it follows there."""
    listed = [entry["path"] for entry in json.loads(export.everything()["My Cozy/manifest.json"])["entries"]]
    return [(before, path) for before, path in pairwise(listed) if path.startswith("My Cozy/Files/")]
