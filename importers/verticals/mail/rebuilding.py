"""An item as it came, to the byte: the text of its message is written again in its place."""

from collections.abc import Iterable, Iterator

from importers.items.base64_text import Written
from importers.items.encoded_field import FieldFinder, PieceKind
from importers.items.wire import kept_item

TEXT = "rawString"


def note_of(payload: str) -> Written | None:
    """Returns the note that stands in an item for the text of its message; None where there is none."""
    item = kept_item(payload)
    try:
        return Written.model_validate(item.get(TEXT)) if item is not None else None
    except ValueError:
        return None


def rebuilt(payload: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the JSON of an item again. `chunks`: its message."""
    raw, note = payload.encode(), note_of(payload)
    place = _place(raw, note.as_json()) if note is not None else None
    if note is None or place is None:
        yield raw
        return
    yield raw[:place] + b'"'
    yield from note.text(chunks)
    yield b'"' + raw[place + len(note.as_json()) :]


def _place(raw: bytes, note: bytes) -> int | None:
    """Returns where a note stands in the place of the text, and not anywhere else in the item."""
    at = raw.find(note)
    while at >= 0:
        finder, before = FieldFinder(TEXT, len(raw)), 0
        for kind, piece in finder.feed(raw[:at] + b'""' + raw[at + len(note) :]):
            if kind is PieceKind.END:
                break
            before += len(piece)
        if finder.is_through and before == at:
            return at
        at = raw.find(note, at + 1)
    return None
