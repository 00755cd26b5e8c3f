"""Numbers that the web processes of this machine count together, in files below `WHARF_SPOOL_DIR`.

Whoever scrapes gets any one of them, and the numbers of all. A process that ends leaves its files, since what it has
counted still counts; where none of them lives any more, all begin anew, as Prometheus expects it of a restart.
"""

import fcntl
import os
import re
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

from importers.content.spool_file import spool_folder

FORGOTTEN = 30 * 86400  # seconds after which what another host has left goes
OF_PROCESS = re.compile(r"_(\d+)\.db")


def prepare() -> Path:
    """Returns the folder, which the client is told of by its variable: it must be so before the client is imported."""
    metrics = spool_folder() / "metrics"
    folder = metrics / socket.gethostname()  # containers have numbers of processes of their own, and may share the disk
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in metrics.iterdir():
        if other != folder and other.stat().st_mtime < time.time() - FORGOTTEN:
            shutil.rmtree(other, ignore_errors=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        left = {path: int(found[1]) for path in folder.glob("*.db") if (found := OF_PROCESS.search(path.name))}
        if not any(_lives(process) for process in left.values()):
            for path in left:
                path.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


def _lives(process: int) -> bool:
    if process == os.getpid():
        return False  # another one had the number before
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False
