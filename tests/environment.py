"""The suite's environment, set before the settings are read (pytest loads this first: see pyproject.toml).

Each process that runs tests has a data folder, a cache and a database of its own, so that none touches what another
one keeps, or a person in `var/`.
"""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import certifi

ROOM = 4 * 1024**3  # bytes; a test writes a few hundred MiB at most

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1" ... where tests run side by side


def _quick_folder() -> str | None:
    """Returns a folder in memory, where to sync a file costs nothing (every commit and every stored file is synced), or
    None where there is none with room."""
    memory = Path("/dev/shm")  # noqa: S108
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


_folder = tempfile.TemporaryDirectory(prefix="wharf-tests-", dir=_quick_folder())
atexit.register(_folder.cleanup)
(Path(_folder.name) / "static").mkdir()
os.environ["WHARF_DATA_DIR"] = _folder.name
os.environ["WHARF_BASE_URL"] = "http://127.0.0.1:8000"
os.environ["LOG_LEVEL"] = "CRITICAL"
os.environ["WHARF_UPLOADS_AT_ONCE"] = "40"  # fewer than tests let stall
for name in ("EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HOST", "PORT"):
    os.environ.pop(name, None)

# Python keeps what it has compiled: what a test starts begins twice as fast.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What a shell starts in the background ignores Ctrl-C, and so would every command that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Every HTTP client loads the authorities that it trusts. All of them take longer than most tests; one is enough where
# nobody speaks TLS with the world.
_authority = Path(_folder.name) / "authority.pem"
_end = "-----END CERTIFICATE-----\n"
_authority.write_text(certifi.contents().partition(_end)[0] + _end)
os.environ["SSL_CERT_FILE"] = str(_authority)

# A Redis server has 16 databases, and a test begins with an empty one.
_cache, _, _number = os.environ.get("CACHE_URL", "").rpartition("/")
if WORKER and _cache.startswith("redis"):
    os.environ["CACHE_URL"] = f"{_cache}/{int(_number) + int(WORKER.removeprefix('gw'))}"
