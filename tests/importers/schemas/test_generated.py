"""What a schema allows is taken, and what is refused says which field it was."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.exporter import Exporter, envelope
from tests.support.schemas import PATHS_THAT_DIFFER, Item, Schema, generated, kinds_in, schema_at, send

EXAMPLES = 20
# Nothing is made smaller when it fails: each try is a request, and the item that failed says enough.
QUICKLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NONSENSE: tuple[Any, ...] = (None, [], {}, "", "\0", -1e308, [[{"@type": "x"}]], {"dateTime": {}}, True)


@pytest.mark.services
@pytest.mark.parametrize("path", PATHS_THAT_DIFFER)
def test_what_a_schema_allows_is_understood(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)

    @QUICKLY
    @given(generated(schema))
    def every(item: Item) -> None:
        answer = send(exporter, schema, path, item)
        assert answer.status_code == 201, (item, answer.text)
        assert answer.json()["status"] != "kept", item

    every()


@pytest.mark.parametrize("path", [path for path in PATHS_THAT_DIFFER if path not in ("notes", "offline-data")])
def test_what_it_says_is_kept_whole_is_taken_too(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)

    @QUICKLY
    @given(generated(schema, "Kept"))
    def every(item: Item) -> None:
        answer = send(exporter, schema, path, item)
        assert answer.status_code == 201, (item, answer.text)

    every()


@pytest.mark.parametrize("path", PATHS_THAT_DIFFER)
def test_only_what_a_schema_does_not_allow_is_refused_and_the_field_is_named(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)
    is_kept = _allows(schema, "Kept") if "Kept" in schema["$defs"] else _allows(schema)
    for item in _spoilt(schema):
        answer = send(exporter, schema, path, item)
        if answer.status_code == 201:
            continue
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_item"), (item, answer.text)
        assert answer.json()["error_description"].startswith(("@type:", "payload:")), (item, answer.text)
        assert not is_kept(item), item


@pytest.mark.parametrize("path", PATHS_THAT_DIFFER)
def test_a_refusal_names_the_type_the_payload_and_the_file(exporter: Exporter, path: str) -> None:
    schema = schema_at(exporter.server, path)
    for kind in kinds_in(schema):
        (example, *_) = kind["examples"]
        refused = []
        if kind["x-file"] == "required":
            refused.append((example, "file: a "))
        if "Kept" in schema["$defs"]:
            refused += [(example | {"@type": None}, "@type: "), (envelope([example]), "payload: ")]  # type: ignore[arg-type]
        for item, named in refused:
            answer = exporter.send(path, item)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_item"), item
            assert answer.json()["error_description"].startswith(named), item


def _allows(schema: Schema, *names: str) -> Any:
    allowed = [{"$ref": f"#/$defs/{name}"} for name in names] or schema["anyOf"]
    return jsonschema_rs.validator_for(schema | {"anyOf": allowed}).is_valid


def _spoilt(schema: Schema) -> Iterator[Item]:
    """Items of which one field is nonsense, or absent, at any depth, each with nonsense of another kind."""
    nonsense = cycle(NONSENSE)
    for kind in kinds_in(schema):
        for example in kind["examples"]:
            yield from _spoilt_somewhere(example, nonsense)
    for instead in NONSENSE:
        yield envelope({}) | {"payload": instead}
        yield envelope({}) | {"@type": instead}


def _spoilt_somewhere(item: Item, nonsense: Iterator[Any]) -> Iterator[Item]:
    for name, value in item.items():
        yield {other: said for other, said in item.items() if other != name}
        yield item | {name: next(nonsense)}
        if isinstance(value, dict):
            for spoilt in _spoilt_somewhere(value, nonsense):
                yield item | {name: spoilt}
