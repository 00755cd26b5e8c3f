"""What is taken below /import, path by path: in short for whoever has a token, and at length for anybody."""

from functools import cache
from typing import Any

from importers.items.item import Item
from importers.registry import VERTICALS
from importers.schemas.addresses import address_of, index_address
from importers.schemas.document import DIALECT, fields_of, file_of, identified_by, kinds_at
from importers.vertical import paths_taking, vertical


@cache
def taken() -> dict[str, Any]:
    """Returns the paths, the names of types at each, and where their schemas are. `any_object`: another type, or none,
    is as good there."""
    return {
        "schemas": index_address(),
        "verticals": [
            {
                "vertical": path,
                "types": [name for kind in kinds_at(path) for name in kind.types],
                "any_object": any(kind.is_any_object for kind in kinds_at(path)),
                "schema": address_of(path),
            }
            for path in VERTICALS
        ],
    }


@cache
def index() -> dict[str, Any]:
    """Returns the same, with what each type is, what identifies one, whether a file comes with it, and the scopes, any
    one of which allows it."""
    return {
        "title": "What this server takes below /import",
        "dialect": DIALECT,
        "verticals": [
            {
                "vertical": path,
                "title": str(vertical(line.folder).title),
                "schema": address_of(path),
                "items": [_in_short(path, kind) for kind in kinds_at(path)],
            }
            for path, line in VERTICALS.items()
        ],
    }


def _in_short(path: str, kind: type[Item]) -> dict[str, Any]:
    required, optional = fields_of(kind)
    return {
        "types": list(kind.types),
        "description": " ".join((kind.__doc__ or "").split()),
        "identified_by": identified_by(kind),
        "required": required,
        "optional": optional,
        "file": file_of(kind),
        "scopes": ["import", *(f"import:{one}" for one in paths_taking(path, kind))],
    }
