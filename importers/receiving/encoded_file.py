"""The file of an item that stands in its JSON as a text of base64: decoded as it comes, so that it need not be in
memory."""

import hashlib
from collections.abc import Iterator

from django.conf import settings

from accounts.strict_json import TooManyValues
from accounts.texts import kept_text
from importers import errors
from importers.items.base64_text import Base64Reader, IrregularTextError
from importers.items.encoded_field import FieldFinder, PieceKind

TOO_LARGE_WITHOUT = kept_text(
    "The JSON of an item, without a message in base64, may have at most %(limit)s bytes here."
)
TOO_LARGE_AROUND = kept_text("The JSON of an item, but for its message, may have at most %(limit)s bytes here.")
READ_FIRST = 256 * 1024  # bytes of a file that its item looks into before it is saved


class EncodedFile:
    """An item's JSON, as it comes, with a file in it. `name`: of the member that is the text; `size`: bytes of the
    JSON, of which `size_at_most` are the file's.

    `look` reads to the text, `chunks` to the end. Then the JSON can be had with a note of how the text was written in
    its place; or, as long as it is no longer than items may be that have no file, as it came.
    """

    def __init__(self, name: str, chunks: Iterator[bytes], size: int) -> None:
        self.size_at_most = -(-size // 4) * 3
        self.size = 0  # bytes of the file that have come
        self.begin = bytearray()  # the first of them, all of a small one
        self._finder = FieldFinder(name, settings.WHARF_JSON_MOST_VALUES)
        self._reader = Base64Reader()
        self._pieces = self._divide(chunks)
        self._before, self._after = bytearray(), bytearray()  # what stands around the text
        self._text: list[bytes] | None = []  # None: it has become too long

    def look(self) -> bool:
        """Reads until the text begins. Returns whether there is one. Raises `Refusal`."""
        for _, piece in self._pieces:
            self._keep(self._before, piece)
            if self._finder.is_found:
                return True
        return False

    def chunks(self) -> Iterator[memoryview]:
        """Yields the file, and reads the JSON to its end. Raises `Refusal`, and `IrregularTextError` as soon as the
        text turns out to be none that can be noted."""
        for kind, piece in self._pieces:
            if kind is PieceKind.REST:
                self._keep(self._after, piece)
                continue
            self._keep_text(piece)
            decoded = self._reader.finish() if kind is PieceKind.END else self._reader.feed(piece)
            if decoded:
                self.size += len(decoded)
                if len(self.begin) < READ_FIRST:
                    self.begin += decoded[: READ_FIRST - len(self.begin)]
                yield memoryview(decoded)
        if not self._finder.is_through:
            raise IrregularTextError  # the JSON ends within it, so it is none

    def json_with_note(self, sha256: str) -> bytes:
        """Returns the JSON with the note. `sha256`: of the file, in hex."""
        return b"".join([self._before, self._reader.written(sha256).as_json(), self._after])

    def json_as_it_came(self) -> bytes:
        """Returns the JSON with the text, after reading what has not been read. Raises `Refusal`, also where it is too
        long."""
        for kind, piece in self._pieces:
            if kind is PieceKind.REST:
                self._keep(self._after if self._finder.is_found else self._before, piece)
            else:
                self._keep_text(piece)
        if not self._finder.is_found:
            return bytes(self._before)
        if self._text is None:
            raise errors.payload_too_large(TOO_LARGE_WITHOUT, settings.WHARF_MAX_JSON_BYTES)
        end = b'"' if self._finder.is_through else b""
        return b"".join([self._before, b'"', *self._text, end, self._after])

    def seen(self) -> bytes:
        """Returns what has come of the JSON before the text."""
        return bytes(self._before)

    def _divide(self, chunks: Iterator[bytes]) -> Iterator[tuple[PieceKind, bytes]]:
        try:
            for chunk in chunks:
                yield from self._finder.feed(chunk)
        except TooManyValues as error:
            raise errors.too_many_values(error.most) from error

    def _keep(self, around: bytearray, piece: bytes) -> None:
        around += piece
        most = settings.WHARF_MAX_JSON_BYTES
        if len(self._before) + len(self._after) > most:
            raise errors.payload_too_large(TOO_LARGE_AROUND, most)

    def _keep_text(self, piece: bytes) -> None:
        if self._text is None:
            return
        self._text.append(piece)
        if len(self._before) + self._reader.length + len(piece) > settings.WHARF_MAX_JSON_BYTES:
            self._text = None


def json_with_note(name: str, json: bytes) -> bytes:
    """Returns an item's JSON that is whole in memory, with a note in the place of the text, if it can be noted. Raises
    `Refusal`."""
    encoded = EncodedFile(name, iter([json]), len(json))
    try:
        running = hashlib.sha256()
        if encoded.look():
            for chunk in encoded.chunks():
                running.update(chunk)
            return encoded.json_with_note(running.hexdigest())
    except IrregularTextError:
        pass
    return json
