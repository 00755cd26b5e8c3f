"""What the figures were measured on, and with what."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

import psutil

from bench import nginx
from bench.bench import GIB


def described(folder: Path) -> list[str]:
    """The machine, the disk of `folder`, and the versions of what is measured."""
    return [
        f"Machine: {_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / GIB:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}",
        f"Disk: {_disk(folder)}",
        f"Versions: Python {platform.python_version()}, Django {version('Django')}, uvicorn {version('uvicorn')}, "
        f"SQLite {sqlite3.sqlite_version}, nginx {nginx.version() or 'not there'}",
    ]


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _disk(folder: Path) -> str:
    """The file system that the folder is on: its type, device, and what is free."""
    path = folder.resolve()
    mounts = {Path(mount.mountpoint): mount for mount in psutil.disk_partitions(all=True)}
    mount = next(mounts[parent] for parent in (path, *path.parents) if parent in mounts)
    free = psutil.disk_usage(str(path)).free
    return f"{mount.fstype} on {mount.device}, {free / GIB:.0f} GiB free"
