"""Schemas as an exporter gets them, and items that they allow."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
from hypothesis.strategies import SearchStrategy

from importers.registry import VERTICALS
from tests.support.exporter import Exporter

Item = dict[str, Any]
Schema = dict[str, Any]

PATHS = tuple(VERTICALS)
# One for each folder: the others take the same items.
PATHS_THAT_DIFFER = tuple({line.folder: path for path, line in reversed(VERTICALS.items())}.values())
CONTENT = b"bytes of a file"


def schema_at(server: str, path: str) -> Schema:
    """The schema of a path, as anybody gets it."""
    answer = httpx.get(f"{server}/import/schemas/{path}.json")
    assert answer.status_code == 200, answer.text
    found: Schema = answer.json()
    return found


def kinds_in(schema: Schema) -> Iterator[Schema]:
    """The definitions of the kinds of items in a schema."""
    yield from (one for one in schema["$defs"].values() if "x-file" in one)


def unpacked(item: Item) -> Item:
    """An item, out of its envelope."""
    inner = item.get("payload")
    return inner if "GenericPayload" in str(item.get("@type")) and isinstance(inner, dict) else item


def send(exporter: Exporter, schema: Schema, path: str, item: Item) -> httpx.Response:
    """Sends an item, with a file if the schema says that it must bring one."""
    name = unpacked(item).get("@type")
    for kind in kinds_in(schema):
        if kind["x-file"] == "required" and name in kind["properties"]["@type"]["enum"]:
            return exporter.send_file(path, item, CONTENT)
    return exporter.send(path, item)


def generated(schema: Schema, *names: str) -> SearchStrategy[Any]:
    """Whatever the schema allows, or the definitions of these names. Schemathesis makes it, which reads schemas where
    they stand in a description of an API (OpenAPI 3.1, whose schemas are those of JSON Schema 2020-12)."""
    import schemathesis  # here, since it takes half a second of every run that needs it not

    moved = json.loads(json.dumps(schema).replace("#/$defs/", "#/components/schemas/"))
    allowed = [{"$ref": f"#/components/schemas/{name}"} for name in names] or moved["anyOf"]
    body = {"required": True, "content": {"application/json": {"schema": {"anyOf": allowed}}}}
    operation = {"requestBody": body, "responses": {"201": {"description": "taken"}}}
    described = {
        "openapi": "3.1.0",
        "info": {"title": "items", "version": "1"},
        "paths": {"/item": {"post": operation}},
        "components": {"schemas": moved["$defs"]},
    }
    cases: SearchStrategy[Any] = schemathesis.openapi.from_dict(described)["/item"]["POST"].as_strategy()
    return cases.map(lambda case: case.body)
