"""`manage.py` itself, as it is for all commands."""

import subprocess
import sys

from tests.support.checkout import CHECKOUT


def test_each_line_is_there_at_once_for_whoever_reads_by_a_pipe() -> None:
    endless = "print('a line'); import signal; signal.pause()"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", endless]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "a line\n"
        finally:
            process.kill()
