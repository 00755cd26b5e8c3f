"""The JSON Schema of what is taken at one path below /import."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaValue, models_json_schema

from importers.items.item import FILE, WHOLE, Item
from importers.items.wire import ENVELOPE, EXPORT_DATA
from importers.items.wire_schema import SAME_AS, WireSchema, paths_of, pointer
from importers.registry import VERTICALS
from importers.schemas.addresses import address_of
from importers.vertical import takes_any_object, vertical

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KEPT = "Kept"
DEFINITIONS = "$defs"
REFERENCE = f"#/{DEFINITIONS}/"
TAKEN = (
    "What fits is understood: each of its fields is looked for, and kept where people and programs find it. Every field"
    " that is not required may be absent, and other fields may stand beside them. What does not fit is not refused for"
    " that: a field that is not understood stays in the item, which is kept as it came."
)
KEPT_WHOLE = (
    "What is taken besides: an item of any other type, and one without what identifies it, is kept whole and answered"
    " `kept`. Refused is only what has no `@type`, an envelope around something else than an object, and an item"
    " without the file that it must bring."
)


def kinds_at(path: str) -> list[type[Item]]:
    """Returns the kinds of items that have names of their own at a path, or that take whatever has one."""
    return [kind for kind in vertical(VERTICALS[path].folder).items if kind.types or kind.is_any_object]


def names_of(*types: str) -> list[str]:
    """Returns what a `@type` may say for these names."""
    return [name + suffix for suffix in ("", EXPORT_DATA) for name in types]


@cache
def schema_of(path: str) -> JsonSchemaValue:
    """Returns the whole document of a path."""
    kinds = kinds_at(path)
    found, shared = models_json_schema(
        [(kind, "validation") for kind in kinds], schema_generator=WireSchema, ref_template=f"{REFERENCE}{{model}}"
    )
    types: dict[str, JsonSchemaValue] = {}
    definitions = {name: _tidied(one, types) for name, one in shared[DEFINITIONS].items()}
    references = [dict(found[kind, "validation"]) for kind in kinds]
    names = [_name(reference) for reference in references]
    for kind, name in zip(kinds, names, strict=True):
        definitions[name] = _of_kind(kind, definitions[name])
    definitions[ENVELOPE] = _envelope(references, kinds[0].examples[0])
    kept = {} if takes_any_object(path) else {KEPT: _kept()}
    return {
        "$schema": DIALECT,
        "$id": address_of(path),
        "title": str(vertical(VERTICALS[path].folder).title),
        "description": f"An item as POST /import/{path} takes it, bare or in an envelope. {TAKEN}",
        "anyOf": [*references, {"$ref": f"{REFERENCE}{ENVELOPE}"}],
        DEFINITIONS: _needed([*names, ENVELOPE], definitions | types) | kept,
    }


def identified_by(kind: type[Item]) -> list[list[str]]:
    """Returns what tells an item from others: alternatives, the first of which it has something of counts; each of
    JSON pointers (RFC 6901) to fields, of which the empty one is the whole item, and of `file`, its bytes."""
    return [[_pointer(kind, name) for name in alternative] for alternative in kind.identified_by]


def file_of(kind: type[Item]) -> str:
    """Returns whether a file comes with an item, as the second part of multipart/related."""
    return "required" if kind.has_file else "optional" if kind.takes_file else "none"


def fields_of(kind: type[Item]) -> tuple[list[str], list[str]]:
    """Returns JSON pointers to the fields that are looked for in an item: those that it must have, and the others."""
    if kind.is_any_object:
        return [], ["/@type", *(_pointer(kind, name) for (_, name) in kind.identified_by[:-1])]
    fields = kind.model_fields.items()
    required, optional = (
        [_pointer(kind, name) for name, field in fields if field.is_required() is wanted] for wanted in (True, False)
    )
    return ["/@type", *required], optional


def _pointer(kind: type[Item], name: str) -> str:
    if name in (WHOLE, FILE):
        return name
    field = kind.model_fields.get(name)
    return pointer(next(paths_of(field.validation_alias, name)) if field else (name,))


def _of_kind(kind: type[Item], written: JsonSchemaValue) -> JsonSchemaValue:
    named = {"@type": {"enum": names_of(*kind.types)}} if kind.types else {}
    required = [*named, *written.get("required", [])]
    return {
        "title": kind.types[0] if kind.types else WireSchema().normalize_name(kind.__name__),
        "description": written.get("description", ""),
        **written,
        "properties": named | written["properties"],
        **({"required": required} if required else {}),
        "x-identified-by": identified_by(kind),
        "x-optional": fields_of(kind)[1],
        "x-file": file_of(kind),
        "examples": list(kind.examples),
    }


def _envelope(references: list[dict[str, Any]], example: dict[str, Any]) -> JsonSchemaValue:
    whole = {"@type": ENVELOPE, "schemaSource": "https://example.org/schema", "apiVersion": "0.1.0", "payload": example}
    return {
        "title": ENVELOPE,
        "description": "The envelope that workers put an item into. Nothing else of it is looked at.",
        "type": "object",
        "properties": {
            "@type": {"enum": names_of(ENVELOPE)},
            "schemaSource": {"type": ["string", "null"]},
            "apiVersion": {"type": ["string", "null"]},
            "payload": references[0] if len(references) == 1 else {"anyOf": references},
        },
        "required": ["@type", "payload"],
        "examples": [whole],
    }


def _kept() -> JsonSchemaValue:
    return {
        "title": KEPT,
        "description": KEPT_WHOLE,
        "type": "object",
        "properties": {"@type": {"type": "string", "minLength": 1, "not": {"enum": names_of(ENVELOPE)}}},
        "required": ["@type"],
    }


def _tidied(definition: JsonSchemaValue, shared: dict[str, JsonSchemaValue]) -> JsonSchemaValue:
    """Returns a definition without the title that is the name of a class, and with its description in one line. What in
    it has a title of its own goes to `shared`, once."""
    said = {name: _shared(value, shared) for name, value in definition.items() if name != "title"}
    if "description" in said:
        said["description"] = " ".join(said["description"].split())
    return said


def _shared(value: Any, shared: dict[str, JsonSchemaValue]) -> Any:
    if isinstance(value, list):
        return [_shared(one, shared) for one in value]
    if not isinstance(value, dict):
        return value
    said = {name: _shared(one, shared) for name, one in value.items()}
    title = said.get("title")
    if not isinstance(title, str):
        return said
    beside = {name: said.pop(name) for name in (SAME_AS,) if name in said}
    shared[title] = said
    return {"$ref": f"{REFERENCE}{title}"} | beside


def _needed(names: Iterable[str], definitions: dict[str, JsonSchemaValue]) -> dict[str, JsonSchemaValue]:
    """Returns these definitions, and those that they refer to."""
    needed: dict[str, JsonSchemaValue] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in needed:
            needed[name] = definitions[name]
            waiting += map(_name, _references(definitions[name]))
    return needed


def _references(value: Any) -> Iterator[dict[str, Any]]:
    """Yields the references in a schema."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).removeprefix(REFERENCE)
