"""`make messages` brings the catalogues up to date with the code and compiles them; `--check` says what is wrong with
them, and changes nothing."""

import argparse
import sys

from translations.catalogues import as_mo, as_po, is_translated, merged, read
from translations.comparison import faults
from translations.extraction import catalogue_of
from translations.rooms import LANGUAGES, rooms


def main() -> int:
    """Returns 1 where something is wrong with a catalogue, otherwise 0."""
    parser = argparse.ArgumentParser(prog="python -m translations", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what is wrong, and change nothing")
    parser.add_argument("rooms", nargs="*", help="folders whose catalogues to write; all, where none is named")
    options = parser.parse_args()
    if options.check:
        found = list(faults(list(rooms())))
        print("\n".join(found) or "All texts are translated.")
        return 1 if found else 0
    for language in LANGUAGES:
        write(language, options.rooms)
    return 0


def write(language: str, only: list[str]) -> None:
    """Writes the catalogues of a language, and says what is still to be translated."""
    for room in rooms():
        if only and str(room.folder) not in only:
            continue
        path = room.file(language)
        catalogue = merged(read(path, language), catalogue_of(room), language)
        if not len(catalogue):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(catalogue))
        missing = sum(1 for message in catalogue if message.id and not is_translated(message.string))
        print(f"{room.folder}: {len(catalogue)} texts, {missing} of them not translated")


if __name__ == "__main__":
    sys.exit(main())
