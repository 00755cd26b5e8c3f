"""What tests share stands in tests/support, in conftest.py, or among the samples of a vertical: no file of tests is
imported by another."""

import re

import pytest

from tests.support.checkout import CHECKOUT

FROM = re.compile(r"^[ \t]*from[ \t]+(?:tests\b|\.)[\w.]*[ \t]+import[ \t]*(?:\([^)]*\)|[^\n]*)", re.MULTILINE)
IMPORT = re.compile(r"^[ \t]*import[ \t]+tests\.[^\n]*", re.MULTILINE)
FILE_OF_TESTS = re.compile(r"[\s.(,]test_\w+")


def imports_of_tests(text: str) -> list[str]:
    """Returns the statements by which a file imports from files of tests."""
    return [one for one in FROM.findall(text) + IMPORT.findall(text) if FILE_OF_TESTS.search(one)]


def test_no_file_of_tests_is_imported() -> None:
    paths = [path for folder in ("tests", "bench") for path in (CHECKOUT / folder).rglob("*.py")]
    assert len(paths) > 400
    found = {str(path.relative_to(CHECKOUT)): imports_of_tests(path.read_text()) for path in paths}
    del found["tests/config/test_shared_code.py"]  # which has examples
    assert {path: statements for path, statements in found.items() if statements} == {}


@pytest.mark.parametrize(
    "line",
    [
        "from tests.pages.test_live import photo",
        "from tests.pages import test_live",
        "from tests.pages import (\n    visitor,\n    test_live,\n)",
        "import tests.pages.test_live",
        "from .test_live import photo",
        "def late():\n    from . import test_live",
    ],
)
def test_an_import_of_a_file_of_tests_is_found(line: str) -> None:
    assert len(imports_of_tests(line)) == 1
