"""What this process may take of the machine, and for how long."""

import os
import resource
import signal

FILES = 64
BUSY = 3
NICENESS = 10  # what people wait for comes first


def bind(memory: int) -> None:
    """Lets this process have so many bytes of address space, write no file and leave no core."""
    os.nice(NICENESS)
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, FILES),
    ):
        resource.setrlimit(limit, (most, most))


def die_after(seconds: float) -> None:
    """Ends this process when it has worked for so many seconds, or three times as many have passed, as on a machine
    that is busy, whatever a decoder does then; unless it is called again. 0: not at all."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, BUSY * seconds)
