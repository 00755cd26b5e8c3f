"""What takes long to make and seldom changes: it stands in pytest's cache folder, named by what it was made of."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.checkout import CHECKOUT

KEPT = CHECKOUT / ".pytest_cache" / "kept"


def kept(name: str, made_of: Iterable[Path], make: Callable[[Path], object]) -> Path:
    """Returns a file or a folder, which `make` writes where nobody has made it of these files as they are now."""
    found = KEPT / f"{name}-{digest(made_of)}"
    if not found.exists():
        with alone(), tempfile.TemporaryDirectory(dir=KEPT) as folder:
            if not found.exists():  # another process may have been first
                fresh = Path(folder) / "fresh"
                make(fresh)
                for outdated in KEPT.glob(f"{name}-*"):
                    shutil.rmtree(outdated) if outdated.is_dir() else outdated.unlink()
                fresh.rename(found)
    return found


def digest(files: Iterable[Path]) -> str:
    """Returns what stands for names and bytes of these files."""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time makes what is kept."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
