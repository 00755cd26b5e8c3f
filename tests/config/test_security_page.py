"""The page about security names files and tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.checkout import CHECKOUT

PAGE = CHECKOUT / "docs/security.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| (\d+(?:\.\d+)+) \| (.+) \| (holds|operator|differs|open|not for us) \| (.*) \|$", re.MULTILINE)
# How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has.
ASVS = dict(enumerate((27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), start=1))


@cache
def named_in(file: Path) -> frozenset[str]:
    """Returns the names of the tests that a file has."""
    return frozenset(node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))


def linked() -> list[tuple[str, Path]]:
    """Returns what the page links to in this project, each with its words."""
    found = LINK.findall(PAGE.read_text())
    return [(words, (PAGE.parent / to).resolve()) for words, to in found if "://" not in to]


def rows(chapter: str) -> list[tuple[str, str, str, str]]:
    """Returns number, words, state and reason of the requirements below a heading that begins so."""
    _, _, rest = PAGE.read_text().partition(f"\n## {chapter}")
    found: list[tuple[str, str, str, str]] = ROW.findall(rest.partition("\n## ")[0])
    return found


def test_every_file_on_the_page_is_there() -> None:
    assert len(linked()) > 400
    assert [(words, str(to)) for words, to in linked() if not to.exists()] == []


def test_every_test_on_the_page_is_there() -> None:
    named = [(words, to) for words, to in linked() if words.startswith("test_")]
    assert len(named) > 200
    assert [words for words, to in named if words not in named_in(to)] == []


def test_every_requirement_has_its_row() -> None:
    for chapter, number in ASVS.items():
        found = [one[0] for one in rows(f"V{chapter} ")]
        assert len(set(found)) == len(found) == number, (chapter, len(found))
        assert all(one.startswith(f"{chapter}.") for one in found)


def test_what_holds_says_where_and_what_does_not_says_why() -> None:
    for chapter in (*(f"V{number} " for number in ASVS), "RFC 9700"):
        for number, _, state, reason in rows(chapter):
            if state == "holds":
                assert "](" in reason, number
                assert "Tests: [" in reason or "By reading." in reason, number
            else:
                assert reason or state == "operator", number
    operators = set(re.findall(r"\d+\.\d+\.\d+", PAGE.read_text().partition("\n## V1 ")[0]))
    left = {number for chapter in ASVS for number, _, state, _ in rows(f"V{chapter} ") if state == "operator"}
    assert left <= operators | {"4.4.1"}
