"""An account with something of everything, and what its export has."""

import httpx
import pytest

from tests.support.exporter import Exporter, Person, file_item
from tests.support.packed_again import NAMES, SAME_SIZE
from tests.support.samples import send_all
from tests.support.takeout import TakeOut


@pytest.fixture
def full(exporter: Exporter, ada: Person) -> Person:
    send_all(exporter)
    for number, name in enumerate(NAMES):
        exporter.send_file("blobs", file_item(name, "/Über mich/日本"), f"{name} {number}".encode())
    for number in range(3):
        exporter.send_file("blobs", file_item(f"{number}.bin", "/same size"), bytes([number]) * SAME_SIZE)
    exporter.send_file("blobs", file_item("0.bin", "/same size"), b"z" * SAME_SIZE)  # so that there is a version
    return ada


@pytest.fixture
def sent(full: Person, http: httpx.Client) -> TakeOut:
    return TakeOut.made(http, full)
