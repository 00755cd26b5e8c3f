"""Templates keep to the floors as imports do: none includes, extends or loads what belongs to a floor above it."""

import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.backends.django import get_installed_libraries

from importers.registry import FOLDERS

FLOORS = ("accounts", "importers", "moves", "operations")
# Which floor the templates of a folder belong to. Those of no folder are the frame of every page: the lowest floor's.
FLOOR_OF = {
    "": "accounts",
    "accounts": "accounts",
    "oauth": "accounts",
    "importers": "importers",
    **dict.fromkeys(FOLDERS, "importers"),
    "moves": "moves",
    "wizard": "moves",
    "mail": "moves",
    "admin": "operations",
}
NAMES = re.compile(r"{%\s*(?:include|extends)\s+(\S+)")
LIBRARIES = re.compile(r"{%\s*load\s+([\w ]+?)\s*%}")


def templates() -> list[tuple[str, Path]]:
    folders = [Path(folder) for folder in engines["django"].dirs]
    return [(str(path.relative_to(folder)), path) for folder in folders for path in sorted(folder.rglob("*.*"))]


def floor_of(template: str) -> int:
    return FLOORS.index(FLOOR_OF[template.rpartition("/")[0].partition("/")[0]])


@pytest.mark.parametrize(("name", "path"), templates(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_template_uses_nothing_of_a_floor_above(name: str, path: Path) -> None:
    text = path.read_text()
    named = NAMES.findall(text)
    assert all(re.fullmatch(r'"[\w./]+"', one) for one in named), (
        "name templates as they are, so that this test sees them"
    )
    for other in named:
        assert floor_of(other.strip('"')) <= floor_of(name), other
    where = get_installed_libraries()
    for library in (one for found in LIBRARIES.findall(text) for one in found.split()):
        package = where[library].partition(".")[0]
        assert package not in FLOORS or FLOORS.index(package) <= floor_of(name), library


def test_the_templates_are_found() -> None:
    found = {name for name, _ in templates()}
    assert {"base.html", "accounts/log_in.html", "importers/home.html", "moves/gone.html"} <= found
