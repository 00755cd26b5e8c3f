"""A vertical is one folder and one line: whatever the registry names is there, with the files of the agreed names."""

from importlib import import_module
from pathlib import Path

import pytest

from importers import registry
from importers.vertical import Vertical, kinds, vertical
from tests.support.checkout import CHECKOUT


@pytest.mark.parametrize("name", ["vertical", "models", "items", "admin"])
@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_every_folder_has_the_files_that_others_look_for(folder: str, name: str) -> None:
    assert registry.module(folder, name)


@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_every_folder_has_one_vertical_that_says_what_it_is(folder: str) -> None:
    found = vertical(folder)
    assert isinstance(found, Vertical)
    assert (found.folder, bool(found.title), bool(found.items), bool(found.kinds)) == (folder, True, True, True)


@pytest.mark.parametrize("folder", registry.FOLDERS)
def test_every_vertical_has_samples_for_the_tests_of_all(folder: str) -> None:
    samples = import_module(f"tests.verticals.{folder}.samples")
    assert callable(samples.rows)
    assert callable(samples.send)


def test_every_folder_is_named() -> None:
    folders = {path.parent.name for path in Path(CHECKOUT / "importers/verticals").glob("*/vertical.py")}
    assert folders == set(registry.FOLDERS)


def test_every_path_is_one_of_the_specification() -> None:
    assert registry.VERTICALS.keys() <= set(registry.SPECIFIED)


def test_what_is_searched_of_a_kind_stands_under_a_number_of_its_own() -> None:
    searched = [kind for kind in kinds() if kind.searched]
    numbers = [kind.search_number for kind in searched]
    assert len(set(numbers)) == len(numbers) and all(0 < number < 64 for number in numbers)
    for kind in searched:
        assert set(kind.searched) <= {field.name for field in kind.model._meta.concrete_fields}
