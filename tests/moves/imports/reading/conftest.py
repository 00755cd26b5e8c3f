"""What an export of something of everything has, made once: what is done with it is another matter in each test."""

import pytest

from tests.support.exporter import file_item
from tests.support.packed_again import NAMES, SAME_SIZE, Entries
from tests.support.samples import send_all
from tests.support.takeout import TakeOut

MADE: list[Entries] = []


@pytest.fixture
def sent(request: pytest.FixtureRequest) -> Entries:
    """The entries of an export, in its order."""
    if not MADE:
        exporter = request.getfixturevalue("exporter")
        send_all(exporter)
        for number, name in enumerate(NAMES):
            exporter.send_file("blobs", file_item(name, "/Über mich/日本"), f"{name} {number}".encode())
        for number in range(3):
            exporter.send_file("blobs", file_item(f"{number}.bin", "/same size"), bytes([number]) * SAME_SIZE)
        exporter.new_job()
        exporter.send_file("blobs", file_item("0.bin", "/same size"), b"z" * SAME_SIZE)  # so that there is a version
        take_out = TakeOut.made(request.getfixturevalue("http"), request.getfixturevalue("ada"))
        MADE.append(tuple(take_out.everything().items()))
    return MADE[0]
