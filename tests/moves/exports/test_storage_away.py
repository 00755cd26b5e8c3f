"""S3 goes away, or says nothing any more, and people take things out: each is told so in time, before anything of it
was sent, and has it afterwards."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client

from moves.formats import downloads
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fault_proxy import FaultProxy
from tests.support.s3 import FAULTS_OF_S3
from tests.support.takeout import TakeOut
from tests.support.waiting import eventually

pytestmark = [pytest.mark.services, pytest.mark.alone]

GIVES_UP = 10  # seconds after which whoever fetches does
BYTES = b"bytes of a file"
PART, PAGE = "application/vnd.api+json", "text/html; charset=utf-8"


@pytest.mark.parametrize("fault", FAULTS_OF_S3, ids=lambda fault: fault.__name__)
def test_what_is_taken_out_while_s3_is_away_is_answered_503_in_time_and_comes_afterwards(
    exporter: Exporter,
    ada: Person,
    http: httpx.Client,
    server: str,
    s3_line: FaultProxy,
    fault: Callable[[FaultProxy], None],
) -> None:
    exporter.send_file("blobs", file_item("a.bin", "/a"), BYTES)
    take_out = TakeOut.made(http, ada)
    pages = Client()
    pages.force_login(ada.row, backend="accounts.backends.NameOrEmail")
    cookies = {settings.SESSION_COOKIE_NAME: pages.cookies[settings.SESSION_COOKIE_NAME].value}

    def page(address: str) -> httpx.Response:
        return httpx.get(server + address, cookies=cookies, timeout=60)

    asked: dict[str, tuple[Callable[[], httpx.Response], str]] = {
        "zip": (lambda: take_out.fetch(), PART),
        "tar": (lambda: take_out.fetch(format="tar"), PART),
        "content": (lambda: page(f"/content/{hashlib.sha256(BYTES).hexdigest()}"), PAGE),
        "chosen": (lambda: page("/formats/chosen?kind=file&path=/a"), PAGE),
    }

    def timed(ask: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        return ask(), time.monotonic() - began

    fault(s3_line)
    with ThreadPoolExecutor(len(asked)) as threads:
        answers: dict[str, Any] = dict(zip(asked, threads.map(lambda one: timed(one[0]), asked.values()), strict=True))
    found = {name: (answer.status_code, answer.headers.get("content-type")) for name, (answer, _) in answers.items()}
    assert found == {name: (503, form) for name, (_, form) in asked.items()}
    for name, (answer, seconds) in answers.items():
        assert seconds < GIVES_UP, name
        assert int(answer.headers["retry-after"]) > 0, name
        if asked[name][1] == PART:
            assert answer.json()["errors"][0]["code"] == "temporarily_unavailable", name
    eventually(lambda: not downloads.places.taken)
    s3_line.heal()
    assert {name: ask().status_code for name, (ask, _) in asked.items()} == dict.fromkeys(asked, 200)
