"""JSON Schema (2020-12) of what a `Shape` looks for, made of the shape itself.

Pydantic writes the schema of a field by one name; ours stand anywhere in an item, under several names, and a name may
be that of a field and of what holds others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import AliasChoices, AliasPath
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Path = tuple[str, ...]  # names of members, from the outermost one

OBJECT = "object"
SAME_AS = "x-same-as"  # of another name of a field: the first one


class WireSchema(GenerateJsonSchema):
    """Writes shapes as they stand on the wire. What a field is when it is absent is nobody's business."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Returns a schema in the order in which it was written."""
        return value

    def normalize_name(self, name: str) -> str:
        """Returns what the definition of a class is called: a FileItem is a File to those who send one."""
        return super().normalize_name(name).removesuffix("Item").removesuffix("Shape")

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Returns the schema of a field's value."""
        return self.generate_inner(schema["schema"])

    def model_fields_schema(self, schema: core_schema.ModelFieldsSchema) -> JsonSchemaValue:
        """Returns the schema of an object that has the fields of a shape, each wherever it is looked for."""
        root, alternatives = _Member(), []
        for name, one in schema["fields"].items():
            value, is_required = self.generate_inner(one["schema"]), self.field_is_required(one, total=True)
            paths = list(paths_of(one.get("validation_alias"), name))
            for path in paths:
                root.at(path).value = value if path == paths[0] else value | {SAME_AS: pointer(paths[0])}
            if not is_required:
                continue
            if len(paths) == 1:
                root.require(paths[0])
            else:
                alternatives.append([_requiring(path) for path in paths])
        written = root.written()
        if len(alternatives) == 1:
            return written | {"anyOf": alternatives[0]}
        return written | ({"allOf": [{"anyOf": one} for one in alternatives]} if alternatives else {})


def paths_of(alias: str | AliasPath | AliasChoices | list[Any] | None, name: str) -> Iterator[Path]:
    """Yields the places at which pydantic looks for a field: its `validation_alias`, as the model or as the core has
    it, or else its own name."""
    if alias is None or isinstance(alias, str):
        yield (alias or name,)
        return
    found: list[Any] = alias if isinstance(alias, list) else [*alias.convert_to_aliases()]
    for path in found if isinstance(found[0], list) else [found]:
        yield tuple(map(str, path))


def pointer(path: Path) -> str:
    """Returns a path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{name}" for name in path)


def _requiring(path: Path) -> JsonSchemaValue:
    """Returns the schema of what has a member at a path."""
    name, *inner = path
    said: JsonSchemaValue = {"required": [name]}
    return said | {"properties": {name: {"type": OBJECT} | _requiring(tuple(inner))}} if inner else said


@dataclass
class _Member:
    """A member of an item: what its value is, and which members it has itself."""

    value: JsonSchemaValue | None = None
    members: dict[str, "_Member"] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)

    def at(self, path: Iterable[str]) -> "_Member":
        member = self
        for name in path:
            member = member.members.setdefault(name, _Member())
        return member

    def require(self, path: Path) -> None:
        self.required.append(path[0])
        if inner := path[1:]:
            self.members[path[0]].require(inner)

    def written(self, *, may_be_null: bool = False) -> JsonSchemaValue:
        if not self.members:
            return self.value or {}
        members = {name: one.written(may_be_null=name not in self.required) for name, one in self.members.items()}
        said = self.value or {}
        written: JsonSchemaValue = {
            **said,
            "type": [OBJECT, "null"] if may_be_null else OBJECT,
            "properties": {**said.get("properties", {}), **members},
        }
        return written | {"required": self.required} if self.required else written
