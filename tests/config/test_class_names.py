"""A class name means one thing: it stands once in the project, its tests included."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.checkout import CHECKOUT

PACKAGES = ("audit", "accounts", "importers", "moves", "operations", "config", "translations", "bench", "tests")
AGREED = {"Command", "DatabaseWrapper"}  # names that Django looks for
AT_THE_MARGIN = re.compile(r"^class (\w+)", re.MULTILINE)
INDENTED = re.compile(r"^ +class \w", re.MULTILINE)


def class_names(text: str) -> Iterator[str]:
    """Those of a file, but for classes within a class: an enum of a model is named with its model."""
    if INDENTED.search(text):
        yield from _class_names(ast.parse(text))  # takes its time
    else:
        yield from AT_THE_MARGIN.findall(text)


def _class_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        else:
            yield from _class_names(node)


def test_a_class_name_stands_once() -> None:
    places: dict[str, list[Path]] = defaultdict(list)
    inside = (path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py"))
    for path in sorted([*CHECKOUT.glob("*.py"), *inside]):
        if path.parent.name != "migrations":
            for name in class_names(path.read_text()):
                places[name].append(path.relative_to(CHECKOUT))
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in AGREED} == {}
