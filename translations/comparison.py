"""What is wrong with the catalogues, in sentences for whoever changes them."""

import re
from collections.abc import Iterator, Sequence

from babel.messages.catalog import Catalog, Message

from translations.catalogues import as_mo, as_po, is_translated, merged, read
from translations.extraction import catalogue_of
from translations.rooms import LANGUAGES, Room

Words = str | tuple[str, ...] | list[str] | None

# What Python puts in: %(name)s and its kin. Words in braces stay as they are where a text has them.
_NAMED = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|\{(\w*)\}")


def faults(rooms: Sequence[Room]) -> Iterator[str]:
    """Yields a sentence for each fault of the rooms' catalogues: a text that is missing or not needed, one without a
    translation, one whose translation puts other values in, one that is translated in two ways, and a `.mo` file that
    is out of date."""
    for language in LANGUAGES:
        said: dict[tuple[Words, str | None], tuple[Words, str]] = {}
        for room in rooms:
            path, file = room.catalogue(language), room.file(language)
            stands, wanted = read(file, language), merged(read(file, language), catalogue_of(room), language)
            if not len(wanted) and not file.exists():
                continue
            if not file.exists() or file.read_bytes() != as_po(wanted):
                yield f"{path} has other texts than its files. Run `make messages`."
            compiled = file.with_suffix(".mo")
            if not compiled.exists() or compiled.read_bytes() != as_mo(stands):
                yield f"{path.with_suffix('.mo')} is not what {path.name} says. Run `make messages`."
            yield from _of_translations(str(path), stands)
            for message in stands:
                key = (_hashable(message.id), message.context)
                other, place = said.setdefault(key, (message.string, str(path)))
                if message.id and other != message.string:
                    yield f"{path} says {message.string!r} for {message.id!r}, and {place} {other!r}."


def _of_translations(path: str, catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if not message.id:
            continue
        if not is_translated(message.string):
            yield f"{path} has no translation of {message.id!r}."
        elif fault := fault_of(message):
            yield f"{path}: {fault}"


def fault_of(message: Message) -> str:
    """Returns what is wrong with a translation that is there; an empty text where nothing is."""
    singular, *plurals = _each(message.id)
    wanted = _values(plurals[-1] if plurals else singular)
    for text in _each(message.string):  # one of French's is for none and for one, so that each needs its number
        if _values(text) != wanted:
            return f"{message.id!r} puts in {sorted(wanted)}, and its translation {text!r} {sorted(_values(text))}."
        if text.strip() != text and singular.strip() == singular:
            return f"{text!r} has spaces around it, and {message.id!r} has none."
    return ""


def _values(text: str) -> set[str]:
    return {named or braced for named, braced in _NAMED.findall(text)}


def _each(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else list(words or ())


def _hashable(words: Words) -> Words:
    return tuple(words) if isinstance(words, list) else words
