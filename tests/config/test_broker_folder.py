"""The broker that is a folder: several processes write and read at once, and every message comes once and whole."""

import multiprocessing
import os
import threading
import time
from pathlib import Path

from kombu import Connection, Queue

from config.celery import app

WRITERS, READERS, MESSAGES = 3, 3, 150


def connect(folder: Path, **more: object) -> Connection:
    folders = {"data_folder_in": str(folder / "q"), "data_folder_out": str(folder / "q"), "control_folder": str(folder)}
    assert app.conf.broker_url
    return Connection("filesystem://localhost//", transport_options=folders | more)


def write(folder: Path, writer: int, name: str = "news") -> None:
    with connect(folder) as connection, connection.SimpleQueue(name) as queue:
        for number in range(MESSAGES):
            queue.put({"writer": writer, "number": number, "text": "x" * 5_000})


def read(folder: Path, results: "multiprocessing.Queue[list[tuple[int, int]]]") -> None:
    found = []
    with connect(folder) as connection, connection.SimpleQueue("news") as queue:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 3:
            try:
                message = queue.get_nowait()
            except queue.Empty:
                time.sleep(0.01)
                continue
            message.ack()
            found.append((message.payload["writer"], message.payload["number"]))
            quiet_since = time.monotonic()
    results.put(found)


def test_every_message_comes_once_and_whole(tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    readers = [spawn.Process(target=read, args=(tmp_path, results)) for _ in range(READERS)]
    writers = [spawn.Process(target=write, args=(tmp_path, number)) for number in range(WRITERS)]
    for process in (*readers, *writers):
        process.start()
    found = [one for _ in readers for one in results.get(timeout=60)]
    for process in (*readers, *writers):
        process.join(30)
        assert process.exitcode == 0
    assert sorted(found) == [(writer, number) for writer in range(WRITERS) for number in range(MESSAGES)]
    assert [file.name for file in (tmp_path / "q").iterdir()] == []


def test_what_is_no_message_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "q"
    folder.mkdir()
    with connect(tmp_path) as connection, connection.SimpleQueue("news") as queue:
        (folder / "0_broken.news.msg").write_bytes(b"")
        queue.put({"number": 1})
        assert queue.get_nowait().payload == {"number": 1}


def test_who_waits_for_a_message_is_woken_by_it(tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    (tmp_path / "bells").mkdir()
    os.mkfifo(tmp_path / "bells" / "of-one-who-died")
    with connect(tmp_path, polling_interval=600) as waiting, waiting.SimpleQueue("rung") as queue:
        sender = threading.Timer(0.3, write, (tmp_path, 1, "rung"))  # a queue's name is bound once in a process
        sender.start()
        found = set()
        for _ in range(MESSAGES):
            message = queue.get(timeout=60)  # it would look by itself after ten minutes
            found.add(message.payload["number"])
            message.ack()
        sender.join()
    assert found == set(range(MESSAGES))
    assert list((tmp_path / "bells").iterdir()) == []


def test_queues_that_bind_at_once_are_all_bound(tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=bind, args=(tmp_path, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    with connect(tmp_path) as connection:
        table = connection.default_channel.get_table("all")  # type: ignore[attr-defined]  # a StdChannel is any channel
    assert sorted(bound[2] for bound in table) == sorted(f"{n}-{m}" for n in range(4) for m in range(10))


def bind(folder: Path, number: int) -> None:
    from kombu import Exchange

    with connect(folder) as connection:
        for another in range(10):
            Queue(f"{number}-{another}", Exchange("all", type="fanout"))(connection.default_channel).declare()
