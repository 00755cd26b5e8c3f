"""`python -m config.workers.child FD`: does the jobs that a worker sends through this socket, one after the other.

It ends when the worker closes the line, or has died. Told to end by SIGTERM, a job lets go of its row, so that whoever
comes next need not wait.
"""

import os
import select
import signal
import sys
import threading
from multiprocessing.connection import Connection

from celery.app.trace import trace_task_ret
from django.db import connections

from config.celery import app

LOOK_EVERY = 1.0  # seconds between two looks for a worker that died


def main() -> None:
    line = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the worker, which tells
    signal.signal(signal.SIGTERM, _end)
    app.loader.import_default_modules()
    app.set_current()
    threading.Thread(target=_end_with_worker, args=(line,), name="worker", daemon=True).start()
    while True:
        try:
            call = line.recv()
        except (EOFError, OSError):
            return
        try:
            trace_task_ret(*call)  # what a task raises is in the log by then
        finally:
            connections.close_all()
        line.send(None)


def _end(*_: object) -> None:
    """Raises in the job, wherever it is."""
    raise SystemExit(0)


def _end_with_worker(line: Connection) -> None:
    looks = select.poll()
    looks.register(line.fileno(), select.POLLRDHUP)
    looks.poll()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
