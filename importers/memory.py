"""Memory that this process has done with goes back to the machine.

glibc's malloc keeps what is freed: in up to eight arenas per core, one of which each thread fills, and in one heap for
blocks of up to 32 MiB as soon as one of that size has been freed (mallopt(3), "M_MMAP_THRESHOLD"). Where there is
another libc nothing is said to it.
"""

import ctypes
import gc
import threading
import time
from functools import cache
from typing import Any

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of malloc.h
MOST_ARENAS = 2
# Bytes from which on a block is the machine's own, and goes back when it is freed: more than the chunks that content
# flows in, each of which would have to be asked for anew.
OWN_BLOCK = 2 * 1024 * 1024 + 64 * 1024
A_MOMENT = 1.0  # seconds

_wanted = threading.Event()


def hold_little() -> None:
    """To be called before there are threads."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_ARENA_MAX, MOST_ARENAS)
        libc.mallopt(M_MMAP_THRESHOLD, OWN_BLOCK)


def give_back() -> None:
    """Gives back what is free between blocks that are not, a moment later: then it is done once for many who ask, and
    nobody waits for it."""
    _wanted.set()
    _begin()


@cache
def _begin() -> None:
    threading.Thread(target=_give_back_when_wanted, name="memory", daemon=True).start()


def _give_back_when_wanted() -> None:
    libc = _glibc()
    while libc is not None:
        _wanted.wait()
        time.sleep(A_MOMENT)
        _wanted.clear()
        gc.collect()  # an error, its traceback and what that names hold one another, a body among it
        libc.malloc_trim(0)


@cache
def _glibc() -> Any:
    try:
        libc = ctypes.CDLL(None)
        libc.malloc_trim.argtypes = [ctypes.c_size_t]
        libc.mallopt.argtypes = [ctypes.c_int, ctypes.c_int]
    except (OSError, AttributeError):
        return None
    return libc
