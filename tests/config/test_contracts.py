"""The contracts about imports speak of every room there is: one that they don't name could be imported by anybody."""

import tomllib

from tests.support.checkout import CHECKOUT

# What each of the programs that know nothing else of this project may know of `importers`.
MAY_KNOW = {
    "importers.sending": {"importers.sending"},
    "importers.drawing": {"importers.drawing"},
    "importers.verticals.calendar.expansion": {"importers.drawing", "importers.verticals"},
}


def rooms() -> set[str]:
    """Returns the rooms and files of `importers`."""
    found = {path.stem for path in (CHECKOUT / "importers").glob("*.py")}
    found |= {path.parent.name for path in (CHECKOUT / "importers").glob("*/__init__.py")}
    return {f"importers.{name}" for name in found - {"__init__", "migrations"}}


def test_programs_of_their_own_may_import_no_room_of_the_others() -> None:
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    forbidden = {
        source: set(contract["forbidden_modules"])
        for contract in contracts
        if contract["type"] == "forbidden"
        for source in contract["source_modules"]
        if source in MAY_KNOW
    }
    assert forbidden.keys() == MAY_KNOW.keys()
    missing = {source: rooms() - MAY_KNOW[source] - names for source, names in forbidden.items()}
    assert {source: names for source, names in missing.items() if names} == {}
