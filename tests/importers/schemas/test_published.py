"""The schemas are there for anybody, say the truth about themselves, and cost nothing to fetch."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
from django.test import Client

from importers import registry
from importers.items.item import Item
from importers.vertical import verticals
from tests.support.exporter import Exporter, envelope, status
from tests.support.schemas import PATHS, kinds_in, schema_at, send, unpacked

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", [kind for one in verticals() for kind in one.items if kind.types])
def test_every_kind_of_item_says_what_it_is_and_shows_one(kind: type[Item]) -> None:
    assert kind.__doc__
    assert kind.__doc__ != kind.__base__.__doc__
    assert kind.identified_by
    assert kind.examples
    assert all(example["@type"] in kind.types for example in kind.examples)


def test_the_index_leads_anybody_to_the_schema_of_every_path(http: httpx.Client) -> None:
    index = http.get("/import/schemas/")
    assert index.status_code == 200
    listed = index.json()["verticals"]
    assert [one["vertical"] for one in listed] == list(PATHS)
    for one in listed:
        schema = http.get(one["schema"].removeprefix("http://127.0.0.1:8000"))
        assert schema.headers["Content-Type"] == "application/schema+json"
        assert schema.json()["$id"] == one["schema"]
        assert schema.json()["$schema"] == DIALECT == index.json()["dialect"]
        named = {name for kind in kinds_in(schema.json()) for name in kind["properties"]["@type"].get("enum", ())}
        assert {name for item in one["items"] for name in item["types"]} <= named
        for item in one["items"]:
            assert item["description"]
            assert item["identified_by"]
            assert {"/@type"} <= {*item["required"], *item["optional"]}
            assert "import" in item["scopes"]
            assert f"import:{one['vertical']}" in item["scopes"] or one["vertical"] in ("photos", "videos")


def test_the_index_says_which_scopes_allow_what(http: httpx.Client) -> None:
    listed = {one["vertical"]: one["items"] for one in http.get("/import/schemas/").json()["verticals"]}
    scopes = {item["types"][0]: item["scopes"] for item in listed["media"]}
    assert scopes["Photo"] == ["import", "import:media", "import:photos"]
    assert scopes["Album"] == ["import", "import:media", "import:photos", "import:videos"]


@pytest.mark.parametrize("path", PATHS)
def test_a_schema_is_one_of_2020_12_and_says_all_that_it_should(server: str, path: str) -> None:
    schema = schema_at(server, path)
    jsonschema_rs.meta.validate(schema)
    assert schema["title"]
    assert schema["description"]
    for kind in kinds_in(schema):
        assert kind["title"]
        assert kind["description"]
        assert kind["x-identified-by"]
        assert kind["examples"]
        required = {f"/{name}" for name in kind.get("required", ())}
        assert not required & set(kind["x-optional"])


@pytest.mark.parametrize("path", PATHS)
def test_every_example_fits_is_taken_and_changes_nothing_the_second_time(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)
    fits = jsonschema_rs.validator_for(schema)
    for kind in kinds_in(schema):
        for example in kind["examples"]:
            assert fits.is_valid(example), example
            assert fits.is_valid(envelope(example)), example
            assert status(send(exporter, schema, path, example)) == "created", example
            assert status(send(exporter, schema, path, envelope(example))) == "unchanged", example
    wrapped = schema["$defs"]["GenericPayload"]["examples"][0]
    assert fits.is_valid(wrapped)
    assert status(send(exporter, schema, path, wrapped)) == "unchanged"


@pytest.mark.parametrize("path", PATHS)
def test_what_identifies_an_item_does_and_what_does_not_only_changes_it(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)
    for kind in kinds_in(schema):
        for example in kind["examples"]:
            alternatives = kind["x-identified-by"]
            by = next((one for one in alternatives if all(_has(example, field) for field in one)), None)
            if by is None:
                continue  # its fields have other names
            own = send(exporter, schema, path, example).json()["id"]
            for field in [*kind.get("required", ()), *kind["x-optional"]]:
                field = f"/{field.lstrip('/')}"
                if field == "/@type" or not isinstance(_at(example, field), str):
                    continue
                other = send(exporter, schema, path, _with(example, field, "2001-02-03")).json()["id"]
                assert (other == own) is (field not in by and "" not in by), (example, field)


def _at(item: Any, pointer: str) -> Any:
    for name in pointer.split("/")[1:]:
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _has(item: Any, pointer: str) -> bool:
    return not pointer.startswith("/") or _at(item, pointer) is not None


def _with(item: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    name, _, inner = pointer.removeprefix("/").partition("/")
    return item | {name: _with(item[name], f"/{inner}", value) if inner else value}


def test_a_schema_is_kept_by_caches_and_asked_after_cheaply(http: httpx.Client) -> None:
    for address in ("/import/schemas/", "/import/schemas/blobs.json"):
        first = http.get(address)
        assert first.headers["Cache-Control"] == "public, max-age=3600"
        assert http.get(address).headers["ETag"] == first.headers["ETag"]
        again = http.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert http.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
        head = http.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == first.headers["Content-Length"]


def test_nothing_is_asked_of_the_database(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        for address in ("/import/schemas/", *(f"/import/schemas/{path}.json" for path in PATHS)):
            assert Client().get(address).status_code == 200


def test_of_a_path_that_takes_nothing_there_is_no_schema(http: httpx.Client) -> None:
    for name in ("nothing", "blobs.json", "unknown", *set(registry.SPECIFIED) - set(PATHS)):
        answer = http.get(f"/import/schemas/{name}.json")
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_vertical")
        assert name in answer.json()["error_description"]


def test_whoever_has_a_token_is_told_what_is_taken(exporter: Exporter) -> None:
    answer = exporter.http.get("/import/", headers=exporter.headers)
    assert answer.status_code == 200
    assert answer.json()["schemas"] == "http://127.0.0.1:8000/import/schemas/"
    told = {one["vertical"]: one for one in answer.json()["verticals"]}
    assert list(told) == list(PATHS)
    for path, one in told.items():
        assert one["schema"] == f"http://127.0.0.1:8000/import/schemas/{path}.json"
        schema = schema_at(exporter.server, path)
        for kind in kinds_in(schema):
            for example in kind["examples"]:
                assert one["any_object"] or unpacked(example)["@type"] in one["types"]
    assert exporter.http.get("/import/").status_code == 401
