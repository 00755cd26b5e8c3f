"""Memory that this process has done with goes back to the machine.

glibc's malloc keeps what is freed: in up to eight arenas per core, one of which each thread fills, and in one heap for
blocks of up to 32 MiB as soon as one of that size has been freed (mallopt(3), "M_MMAP_THRESHOLD"). Whoever says from
where on a block is the machine's own has to say as well how much free memory at the end of a heap is kept (there,
"M_TRIM_THRESHOLD"): else it stays at 128 KiB, and each chunk of content that is freed goes back to the machine, which
fills it with zeros for the next one, page by page. Where there is another libc nothing is said to it.
"""

import ctypes
import gc
import threading
import time
from functools import cache
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of malloc.h
MOST_ARENAS = 2
# Bytes from which on a block is the machine's own, and goes back when it is freed: more than the chunks that content
# flows in, each of which would have to be asked for anew.
OWN_BLOCK = 2 * 1024 * 1024 + 64 * 1024
KEPT_FREE = 4 * OWN_BLOCK  # bytes at the end of a heap: some chunks are under way at the same time
A_MOMENT = 1.0  # seconds
# Seconds in which nobody has asked, after which it is done once more: who asks as its last deed still has its body and
# its error in hand, and its connection what was read ahead, at a busy time for longer than a moment.
AFTERWARDS = 10.0

_wanted = threading.Event()
_cycles = threading.Event()  # an error, its traceback and what that names hold one another, a body among it


def hold_little() -> None:
    """To be called before there are threads."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_ARENA_MAX, MOST_ARENAS)
        libc.mallopt(M_MMAP_THRESHOLD, OWN_BLOCK)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_FREE)


def give_back(*, after_error: bool = False) -> None:
    """Gives back what is free between blocks that are not, a moment later: then it is done once for many who ask, and
    nobody waits for it. After an error what holds itself is freed first, for which all that there is has to be looked
    through."""
    if after_error:
        _cycles.set()
    _wanted.set()
    _begin()


@cache
def _begin() -> None:
    threading.Thread(target=_give_back_when_wanted, name="memory", daemon=True).start()


def _give_back_when_wanted() -> None:
    libc = _glibc()
    while libc is not None:
        _wanted.wait()
        any_error = False
        while _wanted.is_set():
            time.sleep(A_MOMENT)
            _wanted.clear()
            after_error = _cycles.is_set()
            _cycles.clear()
            any_error = any_error or after_error
            _trim(libc, after_error)
            _wanted.wait(AFTERWARDS)
        _trim(libc, any_error)


def _trim(libc: Any, after_error: bool) -> None:
    if after_error:
        gc.collect()
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
