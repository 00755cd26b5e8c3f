"""What an archive brings of files is merged with those that are here: nothing is lost, nothing is doubled."""

import hashlib
from typing import Any

import httpx
import pytest
from django.utils import timezone

from importers.documents.arriving import Outcome
from importers.maintenance.verification import bytes_held
from importers.models import Content
from importers.verticals.blobs.models import File, FileVersion
from tests.support.archives import WHARF, bring, holds, place
from tests.support.cozy_archives import (
    TRASH_DIRECTORY,
    directory,
    file_document,
    version,
)
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut


def later(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return body | {"_rev": "4-def", "updated_at": "2025-02-01T10:00:00Z"} | more


@pytest.mark.services
def test_the_newer_of_two_files_wins_and_the_other_is_a_version(ada: Person) -> None:
    old = file_document("f1", "a.txt", b"old")
    new = later(file_document("f1", "a.txt", b"new"))
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


@pytest.mark.services
def test_an_older_file_is_kept_as_a_version_once(ada: Person) -> None:
    old, new = file_document("f1", "a.txt", b"old"), later(file_document("f1", "a.txt", b"new"))
    place(ada, new, b"new")
    for _ in range(3):
        placed = place(ada, old, b"old")
        assert placed.outcome is Outcome.OLDER
        assert placed.note
    assert File.objects.get().versions.count() == 1


@pytest.mark.services
def test_another_file_at_the_same_path_gets_a_free_name(ada: Person) -> None:
    place(ada, file_document("f1", "a.txt", b"one"), b"one")
    for _ in range(2):
        second = place(ada, file_document("f2", "a.txt", b"two"), b"two")
    assert second.outcome is Outcome.UNCHANGED
    third = place(ada, file_document("f3", "a.txt", b"three"), b"three")
    assert third.outcome is Outcome.RENAMED
    assert "/a.txt" in third.note
    assert "/a (3).txt" in third.note
    assert set(File.objects.values_list("shown_name", flat=True)) == {"a.txt", "a (2).txt", "a (3).txt"}


def test_the_same_file_at_the_same_path_is_one(ada: Person) -> None:
    place(ada, file_document("f1", "a.txt", b"one"), b"one")
    assert place(ada, file_document("f2", "a.txt", b"one"), b"one").outcome in (Outcome.UNCHANGED, Outcome.OLDER)
    assert File.objects.count() == 1


def test_what_is_in_the_bin_stays_there(ada: Person) -> None:
    body = file_document("f1", "a.txt", b"one")
    place(ada, body, b"one")
    File.objects.update(trashed_at=timezone.now())
    place(ada, body, b"one")
    assert File.objects.get().trashed_at


@pytest.mark.parametrize("first", ["d1", "d2"])
def test_a_directory_in_the_bin_takes_no_other_of_its_path_with_it(http: httpx.Client, ada: Person, first: str) -> None:
    living = directory("d1", "/Trip")
    more = {"restore_path": "/", "updated_at": "2025-01-01T00:00:00Z"}
    gone = directory("d2", "/.cozy_trash/Trip", TRASH_DIRECTORY, **more)
    bring(ada, [living, gone] if first == "d1" else [gone, living])
    place(ada, file_document("f1", "a.txt", b"here", "d1"), b"here")
    place(ada, file_document("f2", "b.txt", b"gone", "d2", trashed=True), b"gone")
    files = {name for name in TakeOut.made(http, ada).everything() if name.startswith("My Cozy/Files/")}
    assert files == {"My Cozy/Files/Trip/a.txt", "My Cozy/Files/.cozy_trash/Trip/b.txt"}
    assert ada.used == bytes_held(ada.row)


@pytest.mark.services
def test_ids_that_another_account_has_are_no_obstacle(ada: Person, grace: Person) -> None:
    for person in (ada, grace):
        assert place(person, file_document("f1", "a.txt", b"one"), b"one").outcome is Outcome.CREATED
    assert File.objects.filter(doc_id="f1").count() == 2


def test_a_version_of_a_file_that_never_came_may_come_twice(http: httpx.Client, ada: Person) -> None:
    was = version("nofile", "v1", b"bytes")
    for outcome in (Outcome.CREATED, Outcome.UNCHANGED, Outcome.UNCHANGED):
        assert bring(ada, was)[0].outcome is outcome
    assert FileVersion.objects.get().doc_id == "v1"
    assert holds(ada, was) == []
    place(ada, file_document("nofile", "a.txt", b"newer"), b"newer")
    assert bring(ada, was)[0].outcome is not Outcome.CREATED
    assert FileVersion.objects.get().doc_id == "v1"
    assert FileVersion.objects.get().content.sha256 == hashlib.sha256(b"bytes").hexdigest()


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
        assert place(ada, file_document("f1", "a.txt", b"bytes") | odd, b"bytes").outcome is outcome
    assert TakeOut.made(http, ada).everything()["My Cozy/Files/a.txt"] == b"bytes"


def test_a_file_of_ours_that_is_broken_is_read_as_a_cozys(ada: Person) -> None:
    body = file_document("f1", "a.txt", b"bytes", metadata={"wharf": {"kind": "file", "folder": "/x"}})
    placed = place(ada, body, b"bytes")
    assert (placed.outcome, bool(placed.note)) == (Outcome.CREATED, True)
    assert File.objects.get().shown_name == "a.txt"


@pytest.mark.services
def test_bytes_that_are_others_than_the_document_says_make_it_a_changed_file(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"original")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    placed = place(grace, later(body), b"edited at a Cozy")
    assert "changed elsewhere" in placed.note
    assert File.objects.get(owner=grace.row).content.sha256 == hashlib.sha256(b"edited at a Cozy").hexdigest()


@pytest.mark.services
def test_a_file_without_its_bytes_finds_those_that_are_held(
    exporter: Exporter, http: httpx.Client, ada: Person, grace: Person
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/x"), b"shared")
    [body] = [one for one in TakeOut.made(http, ada).documents("io.cozy.files").values() if one["type"] == "file"]
    place(grace, file_document("other", "b.txt", b"shared"), b"shared")
    assert place(grace, body, None, WHARF).outcome is Outcome.CREATED
    assert Content.objects.count() == 1
    assert grace.used == bytes_held(grace.row)
