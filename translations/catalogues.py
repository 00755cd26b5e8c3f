"""Catalogues on the disk: `.po`, which translators write, and `.mo`, which Django reads."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po


class TimelessCatalog(Catalog):
    """A catalogue whose header says no times and no names, so that the same words are the same bytes."""

    def __init__(self, language: str) -> None:
        super().__init__(locale=language, fuzzy=False, header_comment="")

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext needs."""
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]

    @mime_headers.setter
    def mime_headers(self, headers: object) -> None:
        """Nothing: they follow from the language."""


def read(path: Path, language: str) -> Catalog:
    """Returns the catalogue of a `.po` file, an empty one where there is none."""
    if not path.exists():
        return TimelessCatalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(stands: Catalog, found: Catalog, language: str) -> Catalog:
    """Returns the texts that were found, with the translations that stand. A text that has changed has none: what was
    nearly the same is not guessed."""
    catalogue = TimelessCatalog(language)
    for message in found:
        if not message.id:
            continue
        before = stands.get(_first(message.id), message.context)
        catalogue.add(
            message.id,
            before.string if before and before.pluralizable == message.pluralizable else None,
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=before.user_comments if before else (),
            context=message.context,
        )
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """Returns the text of a `.po` file."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, include_lineno=False)
    return buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Returns the bytes of a `.mo` file: what has no translation yet is not in it, and stays English."""
    buffer = io.BytesIO()
    translated = TimelessCatalog(str(catalogue.locale))
    for message in catalogue:
        if message.id and is_translated(message.string):
            translated.add(message.id, message.string, context=message.context)
    write_mo(buffer, translated)
    return buffer.getvalue()


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a translation says all that it has to, each of its plurals."""
    return bool(string) if isinstance(string, str) else all(string or ("",))


def _first(words: str | tuple[str, ...] | list[str]) -> str:
    return words if isinstance(words, str) else words[0]
