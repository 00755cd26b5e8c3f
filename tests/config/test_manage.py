"""`manage.py` itself, as it is for all commands."""

import json
import os
import pty
import signal
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


LOGS = (
    "import logging; log = logging.getLogger('wharf'); log.info('nobody asked');"
    " log.warning('a storage is slow', extra={'seconds': 3})"
)


def at_a_terminal(code: str, **environment: str) -> str:
    """What somebody reads at a terminal, besides what the command prints."""
    ours, theirs = pty.openpty()
    without = {name: value for name, value in os.environ.items() if not name.startswith("LOG_")}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    try:
        subprocess.run(command, cwd=CHECKOUT, env=without | environment, stderr=theirs, check=True, timeout=60)
        return os.read(ours, 100_000).decode()
    finally:
        os.close(theirs)
        os.close(ours)


def test_at_a_terminal_what_is_wrong_is_a_sentence_and_nothing_else_is_logged() -> None:
    assert at_a_terminal(LOGS) == "Warning: a storage is slow (seconds: 3)\r\n"


def test_who_wants_to_see_the_log_at_a_terminal_says_so() -> None:
    assert at_a_terminal(LOGS, LOG_LEVEL="INFO").startswith("Info: nobody asked\r\n")
    assert '"message": "a storage is slow"' in at_a_terminal(LOGS, LOG_FORMAT="json")


def test_a_reader_that_has_enough_ends_a_command_quietly() -> None:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", "while True: print('more')"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout and running.stderr
        assert running.stdout.readline() == "more\n"
        running.stdout.close()
        assert (running.stderr.read(), running.wait(60)) == ("", 128 + signal.SIGPIPE)


def test_what_a_program_reads_of_a_command_is_the_log_as_ever() -> None:
    without = {name: value for name, value in os.environ.items() if not name.startswith("LOG_")}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", LOGS]
    done = subprocess.run(command, cwd=CHECKOUT, env=without, stderr=subprocess.PIPE, check=True, text=True)
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["nobody asked", "a storage is slow"]
