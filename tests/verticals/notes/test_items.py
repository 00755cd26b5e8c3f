"""Notes come in over the wire, whatever they look like."""

from datetime import UTC, datetime
from typing import Any

import pytest

from importers.models import Content, Rejection
from importers.verticals.notes.models import Note
from tests.support import freeform
from tests.support.exporter import Exporter, Person
from tests.support.freeform import FreeformPath


@pytest.fixture
def notes(exporter: Exporter) -> FreeformPath:
    return FreeformPath(exporter, "notes", Note)


def test_any_object_is_kept_whole(notes: FreeformPath) -> None:
    freeform.check_that_odd_objects_are_kept(notes)


def test_an_identifier_tells_notes_apart(notes: FreeformPath) -> None:
    freeform.check_that_an_identifier_tells_items_apart(notes)


def test_a_note_without_one_is_told_apart_by_all_that_it_says(notes: FreeformPath) -> None:
    freeform.check_that_what_has_none_is_told_apart_by_all_that_it_says(notes)


@pytest.mark.services
def test_files_of_a_note_stand_beside_each_other(notes: FreeformPath) -> None:
    freeform.check_that_files_stand_beside_each_other(notes)


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"5", b"null", b'{"a": ', b"\xff"])
def test_what_is_no_object_is_refused(exporter: Exporter, body: bytes) -> None:
    answer = exporter.send("notes", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_elsewhere_an_item_still_names_its_type(exporter: Exporter) -> None:
    for path in ("tasks", "blobs", "social-posts"):
        answer = exporter.send(path, {"title": "No type"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_item")
        assert exporter.send(path, {"@type": "Note", "title": "Of another path"}).json()["status"] == "kept"


@pytest.mark.services
def test_what_was_refused_is_made_good_by_the_same_note(exporter: Exporter, ada: Person) -> None:
    ada.row.__class__.objects.filter(pk=ada.row.pk).update(quota_bytes=1)
    assert exporter.send("notes", {"text": "No room"}).status_code == 413
    ada.row.__class__.objects.filter(pk=ada.row.pk).update(quota_bytes=None)
    assert exporter.send("notes", {"text": "No room"}).status_code == 201
    assert Rejection.objects.get().made_good_at is not None


@pytest.mark.parametrize(
    ("item", "title", "text"),
    [
        ({"title": "T", "content": "C"}, "T", "C"),
        ({"name": "N", "text": "X"}, "N", "X"),
        ({"headline": " two \n lines ", "body": "B"}, " two \n lines ", "B"),
        ({"title": "", "name": "N", "text": " ", "body": "B"}, "N", "B"),
        (
            {"title": "Keep", "listContent": [{"text": "Milk"}, {"text": "Bread", "isChecked": True}]},
            "Keep",
            "Milk\nBread",
        ),
        ({"note": {"title": "Inside", "body": {"text": {"text": "of it"}}}}, "Inside", "of it"),
        ({"title": 5, "content": None}, "5", ""),
        ({"title": ["no"], "content": {"x": 1}}, "", ""),
    ],
)
def test_title_and_text_are_found_where_they_are(
    notes: FreeformPath, item: dict[str, Any], title: str, text: str
) -> None:
    notes.send(item)
    note = Note.objects.get()
    assert (note.name, note.text) == (title, text)


def test_times_and_tags_are_found_too(notes: FreeformPath) -> None:
    item = {
        "createdTimestampUsec": 1731604863845677,
        "updated": "2024-11-27T14:16:32[Europe/Paris]",
        "labels": [{"name": "a"}, "b"],
    }
    notes.send(item)
    note = Note.objects.get()
    assert note.written_at == datetime(2024, 11, 14, 17, 21, 3, 845677, tzinfo=UTC)
    assert note.edited_at == datetime(2024, 11, 27, 13, 16, 32, tzinfo=UTC)
    assert note.tags == "a\nb"


@pytest.mark.services
def test_json_and_file_count_in_the_quota_once(notes: FreeformPath, ada: Person) -> None:
    body = b'{"id": "1"}'
    notes.send(body, b"12345")
    notes.send(body, b"12345")
    assert ada.row.used_bytes == len(body) + 5
    assert Content.objects.count() == 1


@pytest.mark.services
def test_a_note_that_was_deleted_is_not_brought_back_by_the_same_job(exporter: Exporter, notes: FreeformPath) -> None:
    notes.send({"id": "1"})
    Note.objects.update(trashed_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert notes.send({"id": "1", "text": "again"}, b"file") == "unchanged"
    exporter.new_job()
    assert notes.send({"id": "1", "text": "again"}) == "updated"
    assert Note.objects.get().trashed_at is None
