"""The line to PostgreSQL goes dead under a job, without a word: the job finds out, and so does the database, which
gives up what the job held. So it does where the job is killed while its statement runs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.support import database_url
from tests.support.checkout import CHECKOUT
from tests.support.fault_proxy import FaultProxy
from tests.support.waiting import eventually

pytestmark = [pytest.mark.services, pytest.mark.django_db]

DEAD_AFTER, KILLED_FOR, MARGIN = 30, 5, 10  # seconds
LOCK = 4711  # an advisory one, which ends with its connection's transaction
HELD = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
RUNNING = """
SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND datname = current_database()
"""
JOB = f"""
import django, sys, time; django.setup()
from django.db import OperationalError, connection, transaction
try:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared({LOCK})" if sys.argv[1] != "waits" else "SELECT 1")
        print("there", flush=True)
        sys.stdin.readline()
        began = time.monotonic()
        cursor.execute("SELECT 1" if sys.argv[1] == "asks" else "SELECT pg_sleep(300)")
except OperationalError:
    print(time.monotonic() - began)
"""


@pytest.fixture
def line() -> Iterator[FaultProxy]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no line")
    at = connection.settings_dict
    with FaultProxy(at["HOST"] or "127.0.0.1", int(at["PORT"] or 5432)) as line:
        yield line


def job(line: FaultProxy, what: str) -> "subprocess.Popen[str]":
    """A process of a job, which has a transaction, and goes on when it is told to."""
    address = urlsplit(database_url.of_tests())
    user = address.netloc.rpartition("@")[0]
    through = address._replace(netloc=f"{user}@{line.host}:{line.port}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-c", JOB, what],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": through},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def say_go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def is_free() -> bool:
    """Whether nobody holds what a job had locked."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [LOCK])
        return bool(cursor.fetchone()[0] == 0)


def test_a_job_and_the_database_find_a_dead_line_in_thirty_seconds(line: FaultProxy) -> None:
    """Both of one that waits for an answer, and of one that asks when the line is dead already."""
    with ExitStack() as ends:
        waits, asks, idle = (job(line, what) for what in ("waits", "asks", "asks"))
        for process in (waits, asks, idle):
            ends.enter_context(process)
            ends.callback(process.kill)
        say_go_on(waits)
        time.sleep(1)  # until it waits for its answer
        assert not is_free()
        line.silence()
        say_go_on(asks)
        for process in (waits, asks):
            said, _ = process.communicate(timeout=DEAD_AFTER + MARGIN)
            assert DEAD_AFTER - MARGIN < float(said) < DEAD_AFTER + MARGIN
        eventually(is_free, MARGIN)
        assert idle.poll() is None


@pytest.mark.alone
def test_what_a_killed_job_has_locked_is_free_at_once_whatever_its_statement_would_take(line: FaultProxy) -> None:
    with job(line, "holds") as process:
        say_go_on(process)
        eventually(lambda: sleeping() == 1)
        process.kill()
        process.communicate()
        killed_at = time.monotonic()
        assert not is_free()
        eventually(is_free, KILLED_FOR + MARGIN)
        eventually(lambda: sleeping() == 0)
        assert time.monotonic() - killed_at < KILLED_FOR + MARGIN


def sleeping() -> int:
    """How many statements of jobs run now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # of this transaction
        cursor.execute(RUNNING, ["SELECT pg_sleep(%"])
        return int(cursor.fetchone()[0])
