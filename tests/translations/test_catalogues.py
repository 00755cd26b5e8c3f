"""What is wrong with a catalogue is found, whatever it is."""

from pathlib import Path

import pytest

from translations import catalogues, comparison, extraction, rooms
from translations.rooms import Room

PAGE = '{% load i18n %}{% translate "Keep" %} {% blocktranslate %}Hello {{ name }},{% endblocktranslate %}'
RIGHT = {"Keep": "Enregistrer", "Hello %(name)s,": "Bonjour %(name)s,"}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """One room with one page, whose catalogue is right."""
    (tmp_path / "page.html").write_text(PAGE)
    made = Room(Path("here"), (Path("page.html"),), tmp_path)
    write(made, RIGHT)
    return made


def write(room: Room, words: dict[str, str]) -> None:
    catalogue = catalogues.TimelessCatalog("fr")
    for message in catalogues.merged(catalogue, extraction.catalogue_of(room), "fr"):
        if message.id:
            catalogue.add(message.id, words.get(str(message.id), ""), message.locations, flags=message.flags)
    path = room.file("fr")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(catalogues.as_po(catalogue))
    path.with_suffix(".mo").write_bytes(catalogues.as_mo(catalogue))


def found(*rooms: Room) -> str:
    return "\n".join(comparison.faults(rooms))


def test_a_catalogue_that_is_right_has_no_fault(room: Room, tmp_path: Path) -> None:
    assert found(room) == ""


def test_a_text_that_is_missing_is_found(room: Room, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE + '{% translate "More" %}')
    assert "has other texts than its files" in found(room)


def test_a_text_that_nobody_needs_is_found(room: Room, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{% load i18n %}{% translate "Keep" %}')
    assert "has other texts than its files" in found(room)


def test_a_text_without_a_translation_is_found(room: Room, tmp_path: Path) -> None:
    write(room, RIGHT | {"Keep": ""})
    assert "has no translation of 'Keep'" in found(room)


def test_a_translation_that_puts_other_values_in_is_found(room: Room, tmp_path: Path) -> None:
    write(room, RIGHT | {"Hello %(name)s,": "Bonjour %(nom)s,"})
    assert "puts in ['name']" in found(room)


def test_a_compiled_file_that_is_out_of_date_is_found(room: Room, tmp_path: Path) -> None:
    room.file("fr").with_suffix(".mo").write_bytes(b"")
    assert "is not what django.po says" in found(room)


def test_a_text_that_is_translated_in_two_ways_is_found(room: Room, tmp_path: Path) -> None:
    other = Room(Path("there"), room.sources, tmp_path)
    write(other, RIGHT | {"Keep": "Garder"})
    assert "says 'Garder' for 'Keep'" in found(room, other)


def test_every_language_of_the_settings_has_catalogues(settings: object) -> None:
    assert {"en", *rooms.LANGUAGES} == set(dict(settings.LANGUAGES))  # type: ignore[attr-defined]
