"""Files and folders that exporters send: equal names, versions, and folders that come later."""

import pytest

from importers.maintenance.verification import bytes_held
from importers.models import Content, Revision
from importers.verticals.blobs.models import File, FileVersion, Folder
from tests.support.exporter import Exporter, Person, file_item, status

pytestmark = pytest.mark.services


def test_equal_names_in_one_job_are_two_files(exporter: Exporter) -> None:
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"three")) == "created"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "unchanged"
    assert sorted(File.objects.values_list("name", "shown_name")) == [
        ("a.txt", "a (2).txt"),
        ("a.txt", "a (3).txt"),
        ("a.txt", "a.txt"),
    ]


def test_other_bytes_in_a_later_job_are_a_new_version(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    first_job = exporter.job
    exporter.new_job()
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "updated"
    file = File.objects.get()
    assert (file.content.size, file.shown_name) == (3, "a.txt")
    version = FileVersion.objects.get()
    assert version.content.sha256 != file.content.sha256
    # A late retry of the first job brings nothing new, and does not turn the file back.
    exporter.job = first_job
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "unchanged"
    assert File.objects.get().content_id == file.content_id


def test_other_bytes_without_a_job_id_are_a_new_version(exporter: Exporter) -> None:
    exporter.job = ""
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "updated"
    assert (File.objects.count(), FileVersion.objects.count()) == (1, 1)


def test_without_a_job_id_the_last_bytes_are_the_file(exporter: Exporter) -> None:
    exporter.job = ""
    answers = [status(exporter.send_file("blobs", file_item("a.txt"), content)) for content in (b"1", b"2", b"1")]
    assert answers == ["created", "updated", "updated"]
    assert (FileVersion.objects.count(), Content.objects.count()) == (2, 2)


def test_a_job_that_has_seen_a_file_unchanged_brings_another_of_that_name(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    exporter.new_job()
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "unchanged"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    assert File.objects.count() == 2


def test_the_same_name_from_another_client_or_service_is_kept_beside(
    server: str, exporter: Exporter, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"one")
    with Exporter(server, ada, "Cloud Two") as other:
        other.job = exporter.job
        assert status(other.send_file("blobs", file_item("a.txt"), b"two")) == "created"
    exporter.service = "Photos of Cloud One"
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"one")) == "created"
    assert sorted(File.objects.values_list("shown_name", flat=True)) == ["a (2).txt", "a (3).txt", "a.txt"]
    assert Content.objects.count() == 2


def test_a_file_before_its_folder_is_joined_when_the_folder_comes(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt", folder="/late/"), b"one")
    assert Folder.objects.get().arrived_at is None
    assert status(exporter.send("blobs", {"@type": "BlobbyFolder", "path": "late"})) == "created"
    folder = Folder.objects.get()
    assert (folder.identifier, folder.name, folder.files.count()) == ("/late", "late", 1)


def test_the_root_folder_is_always_there(exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("a.txt", folder="/"), b"one")
    assert Folder.objects.get().arrived_at is not None
    assert status(exporter.send("blobs", {"@type": "Folder", "path": "/"})) == "created"
    assert status(exporter.send("blobs", {"@type": "Folder", "path": "/"})) == "unchanged"


def test_a_folder_is_the_same_with_a_slash_at_its_end(exporter: Exporter, ada: Person) -> None:
    statuses = []
    for path in ("/D", "/D/", "D"):
        exporter.new_job()
        statuses.append(status(exporter.send("blobs", {"@type": "Folder", "path": path})))
        statuses.append(status(exporter.send_file("blobs", file_item("a.txt", folder=path), b"one")))
    assert statuses == ["created"] * 2 + ["unchanged"] * 4
    assert Folder.objects.get().identifier == "/D"
    assert not Revision.objects.exists()
    assert ada.used == bytes_held(ada.row)
