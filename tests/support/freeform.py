"""What paths that take any JSON object must do with it, the same at each of them."""

import json
from typing import Any

from importers.models import Revision
from tests.support.exporter import Exporter, envelope, status


class FreeformPath:
    """One such path, and the model of what it keeps."""

    def __init__(self, exporter: Exporter, path: str, model: Any) -> None:
        self._exporter, self._path, self.model = exporter, path, model

    def send(self, item: Any, content: bytes | None = None, mime: str = "text/plain") -> str:
        """Returns what became of an item."""
        body = item if isinstance(item, bytes) else json.dumps(item).encode()
        if content is None:
            return status(self._exporter.send(self._path, body))
        return status(self._exporter.send_file(self._path, body, content, mime))

    def kept(self) -> list[Any]:
        return list(self.model.objects.order_by("pk"))


ODD_OBJECTS: list[Any] = [
    {},
    {"@type": 5},
    {"@type": ["Note", "Thing"]},
    {"@type": {"of": "Note"}},
    {"@type": "GenericPayload", "payload": "only a text"},
    {"@type": "\ud800", "id": "\ud800"},
    {"@type": "Photo", "id": "1", "name": "a.jpg"},
    {"id": True},
    {"id": ["a", "b"]},
    {"id": {"a": "b"}},
    {"title": {"a": {"b": {"c": None}}}, "content": [[[[[[[[[[["deep"]]]]]]]]]]]},
    {"title": "\x00\udc00", "text": "\x00"},
]


def check_that_odd_objects_are_kept(path: FreeformPath) -> None:
    for number, item in enumerate(ODD_OBJECTS, 1):
        assert path.send(item) == "created", item
        assert path.send(envelope(item) if item.get("@type") != "GenericPayload" else item) == "unchanged", item
        assert len(path.kept()) == number
        assert json.loads(path.kept()[-1].payload) == item
    for raw in (b'{"a": 1e999}', b'{"title": %s, "created": %s}' % (b"1" * 5_000, b"1" * 5_000), b'{"id": 1, "id": 2}'):
        assert path.send(raw) == "created"
        assert path.kept()[-1].payload == raw.decode()
    assert path.send({"@type": None}) == path.send({"@type": ""}) == "unchanged"  # the same as without one


def check_that_an_identifier_tells_items_apart(path: FreeformPath) -> None:
    for first in ({"@type": "A", "id": "1"}, {"@type": "B", "id": "1"}, {"id": "1"}, {"id": 0}, {"identifier": "2"}):
        assert path.send(first | {"title": "Before"}) == "created"
        assert path.send(first | {"title": "After"}) == "updated"
    assert path.send({"@type": "AExportData", "identifier": "1", "title": "After"}) == "updated"  # the same item
    assert {record.name for record in path.kept()} == {"After"}
    assert len(path.kept()) == 5
    assert Revision.objects.filter(payload__contains="Before").count() == 5


def check_that_what_has_none_is_told_apart_by_all_that_it_says(path: FreeformPath) -> None:
    for item in ({"a": 1}, {"a": 2}, {"@type": "A", "a": 1}, {"a": 1, "in": {"@type": "B"}}, {"id": "", "a": 1}):
        assert path.send(item) == "created"
        assert path.send(json.dumps(item, indent=3).encode()) == "unchanged"
    assert path.send({"a": 1}, b"file") == "created"
    assert path.send({"a": 1}, b"other file") == "created"
    assert path.send({"a": 1}, b"file") == "unchanged"
    assert len(path.kept()) == 7


def check_that_files_stand_beside_each_other(path: FreeformPath) -> None:
    item = {"id": "1", "text": "one"}
    assert path.send(item, b"file") == "created"
    assert path.send(item, b"file") == "unchanged"
    assert path.send(item | {"text": "two"}) == "updated"
    assert path.send(item | {"text": "two"}, b"other file") == "updated"
    assert path.send(item | {"text": "two"}, b"") == "updated"
    (record,) = path.kept()
    assert [file.content.size for file in record.files.order_by("pk")] == [4, 10, 0]
