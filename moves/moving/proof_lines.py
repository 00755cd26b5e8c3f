"""`POST /move/proof` on the wire: what a target left out, and by which keyed hashes it proves that it has it.

Both bodies are JSON lines (https://jsonlines.org). The answer's first line is `{"nonce": HEX, "checking": NUMBER}`;
each further one is bytes of an export that the target has neither fetched nor proven to have. Those with a `sha256` are
one file's, and the next request may prove them: by a line with the same `export`, `part` and `at`, and as `hmac` the
HMAC-SHA-256 (RFC 2104) of all of the file's bytes under the nonce's bytes. The others have to be fetched.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts import strict_json
from accounts.sizes import LARGEST_COLUMN
from accounts.texts import kept_text
from importers.digests import is_sha256
from moves.archives.manifest import LARGEST_PART_NUMBER
from moves.models import LeftOut

CONTENT_TYPE = "application/jsonl"
MOST_LINES = 256  # of a request, or of an answer
LARGEST_PROOF = 64 * 1024  # bytes of a request, or of an answer
NONCE_BYTES = 32
LONGEST_EXPORT = 32  # characters of an export's id

# What is wrong with a body
NO_NONCE = kept_text("Its first line does not say under which nonce.")
NO_HMAC = kept_text("A line has no hmac of 64 hexadecimal digits.")
TOO_LARGE = kept_text("It has more than %(most)s bytes.")
TOO_MANY_LINES = kept_text("It has more than %(most)s lines.")
NO_JSON = kept_text("A line of it is not JSON.")
NO_OBJECT = kept_text("A line of it is not a JSON object.")
NO_BYTES = kept_text("A line of it does not say which bytes it is about.")
NO_HASH = kept_text("A hash in it is none.")


class UnreadableProof(Exception):
    """What came is no such body. Its text is a sentence."""


@dataclass(frozen=True)
class ProofAnswer:
    """What a source answers. `checking`: how many proofs it has not looked at yet."""

    nonce: str
    checking: int
    left_out: list[LeftOut]

    def written(self) -> bytes:
        """Returns the body."""
        lines = [{"nonce": self.nonce, "checking": self.checking}]
        return _written([*lines, *(_line(one, "size", "sha256") for one in self.left_out)])

    @classmethod
    def read(cls, body: bytes) -> "ProofAnswer":
        """Returns what a body says. Raises `UnreadableProof`."""
        head, *rest = _lines(body, MOST_LINES + 1) or [{}]
        nonce, checking = head.get("nonce"), head.get("checking")
        if (
            not isinstance(nonce, str)
            or not is_sha256(nonce)
            or not isinstance(checking, int)
            or not _is_number(checking)
        ):
            raise UnreadableProof(NO_NONCE)
        return cls(nonce, checking, [_left_out(one, "size") for one in rest])


def written_proofs(rows: Iterable[LeftOut]) -> bytes:
    """Returns the body of a request that proves these."""
    return _written(_line(row, "hmac") for row in rows)


def read_proofs(body: bytes) -> list[LeftOut]:
    """Returns what the body of a request proves. Raises `UnreadableProof`."""
    found = [_left_out(one) for one in _lines(body, MOST_LINES)]
    if not all(is_sha256(one.hmac) for one in found):
        raise UnreadableProof(NO_HMAC)
    return found


def _line(row: LeftOut, *more: str) -> dict[str, Any]:
    names = ("export", "part", "at", *more)
    return {name: getattr(row, name) for name in names if getattr(row, name) != ""}


def _written(lines: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def _lines(body: bytes, most: int) -> list[dict[str, Any]]:
    if len(body) > LARGEST_PROOF:
        raise UnreadableProof(TOO_LARGE % {"most": LARGEST_PROOF})
    written = [line for line in body.split(b"\n") if line.strip()]
    if len(written) > most:
        raise UnreadableProof(TOO_MANY_LINES % {"most": most})
    try:
        found = [strict_json.loads_fitting(line.decode()) for line in written]
    except (ValueError, RecursionError) as error:
        raise UnreadableProof(NO_JSON) from error
    if not all(isinstance(one, dict) for one in found):
        raise UnreadableProof(NO_OBJECT)
    return found


def _left_out(line: dict[str, Any], *more: str) -> LeftOut:
    export, sha256, hmac = (line.get(name, "") for name in ("export", "sha256", "hmac"))
    numbers = [line.get(name) for name in ("part", "at", *more)]
    named = isinstance(export, str) and 0 < len(export) <= LONGEST_EXPORT and export.isascii() and export.isalnum()
    if not named or not all(map(_is_number, numbers)) or line["part"] > LARGEST_PART_NUMBER:
        raise UnreadableProof(NO_BYTES)
    if not all(isinstance(one, str) and (not one or is_sha256(one)) for one in (sha256, hmac)):
        raise UnreadableProof(NO_HASH)
    size = line["size"] if "size" in more else 0
    return LeftOut(export=export, part=line["part"], at=line["at"], size=size, sha256=sha256, hmac=hmac)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COLUMN
