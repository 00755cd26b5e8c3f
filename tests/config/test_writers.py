"""SQLite's writers in one process: they write in the order in which they came, and nobody is left out."""

import gc
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from typing import Any, cast

import httpx
import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from tests.support.exporter import Exporter, Person

pytestmark = [
    pytest.mark.services,
    pytest.mark.alone,
    pytest.mark.skipif(
        os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="PostgreSQL has many writers at once"
    ),
]
WRITERS = 64
ROUNDS = 12
POST = {"@type": "SocialActivity", "activity": {"title": "T", "published": "2024-11-27T13:16:32Z"}}


def test_of_64_who_write_at_once_nobody_waits_much_longer_than_the_others(exporter: Exporter, server: str) -> None:
    together = threading.Barrier(WRITERS)
    headers = {"Authorization": f"Bearer {exporter.tokens['access_token']}"}

    def write(number: int) -> list[tuple[int, float]]:
        said = []
        with httpx.Client(base_url=server, headers=headers, timeout=60) as client:
            together.wait(60)
            for turn in range(ROUNDS):
                item = {**POST, "activity": {**POST["activity"], "id": f"{number}-{turn}"}}  # type: ignore[dict-item]
                began = time.monotonic()
                said.append((client.post("/import/social-posts", json=item).status_code, time.monotonic() - began))
        return said

    with ThreadPoolExecutor(WRITERS) as threads:
        answers = [answer for of_one in threads.map(write, range(WRITERS)) for answer in of_one]
    seconds = [took for _, took in answers]
    assert {status for status, _ in answers} == {201}
    assert max(seconds) < 8
    assert quantiles(seconds, n=100)[98] < 20 * median(seconds)


def test_writers_write_in_the_order_in_which_they_came(ada: Person) -> None:
    order: list[int] = []

    def write(number: int) -> None:
        try:
            with transaction.atomic():
                order.append(number)
                User.objects.filter(username="ada").update(used_bytes=number)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    with transaction.atomic():
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join(20)
    assert order == list(range(12))


def test_a_thread_that_ends_in_its_transaction_leaves_no_writer_behind(ada: Person) -> None:
    def end() -> None:
        connection.set_autocommit(False)
        User.objects.filter(username="ada").update(used_bytes=1)

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()
    gc.collect()
    began = time.monotonic()
    User.objects.filter(username="ada").update(used_bytes=2)
    assert (ada.used, time.monotonic() - began < 2) == (2, True)


def test_who_writes_too_long_is_waited_for_no_longer_than_one_has_patience(ada: Person) -> None:
    refused: list[float] = []

    def write() -> None:
        connection.ensure_connection()
        cast(Any, connection).lock_patience = 0.3
        began = time.monotonic()
        try:
            User.objects.filter(username="ada").update(used_bytes=1)
        except OperationalError:
            refused.append(time.monotonic() - began)
        finally:
            connection.close()

    with transaction.atomic():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert 0.3 <= refused[0] < 1.5
    User.objects.filter(username="ada").update(used_bytes=3)  # who gave up stands in nobody's way
    assert ada.used == 3


def test_another_process_is_waited_for_in_turn(ada: Person) -> None:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, other.execute, ("COMMIT",))
    timer.start()
    User.objects.filter(username="ada").update(used_bytes=4)
    timer.join()
    other.close()
    assert ada.used == 4
