"""Which names of entries have been seen."""

import hashlib

from moves.archives.layout import with_slashes
from moves.scratch import scratch_database


class SeenNames:
    """The names of all entries so far, in a scratch database: eight bytes of a hash each. Names are the same whichever
    way they are divided into folders."""

    def __init__(self) -> None:
        self._scratch = scratch_database("names (key INTEGER PRIMARY KEY)")

    def close(self) -> None:
        self._scratch.close()

    def add(self, name: str) -> bool:
        """Returns whether it is new."""
        return self._scratch.execute("INSERT OR IGNORE INTO names VALUES (?)", (_key(name),)).rowcount == 1

    def has(self, name: str) -> bool:
        """Returns whether it has been seen."""
        return self._scratch.execute("SELECT 1 FROM names WHERE key = ?", (_key(name),)).fetchone() is not None

    def forget(self, name: str) -> None:
        """It comes again, since it is read again."""
        self._scratch.execute("DELETE FROM names WHERE key = ?", (_key(name),))


def _key(name: str) -> int:
    key = hashlib.blake2b(with_slashes(name).encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(key, "big", signed=True)
