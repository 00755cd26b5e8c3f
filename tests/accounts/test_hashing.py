"""Many log-ins at once leave threads to everybody else."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher, make_password
from django.test import Client

from accounts.hashing import PatientPasswordHasher
from tests.support.exporter import Exporter
from tests.support.worker import hidden_fields

HASHING = 0.4  # seconds


@pytest.fixture(autouse=True)
def slow_passwords(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing as it is in production, but for the processor."""
    settings.PASSWORD_HASHERS = ["accounts.hashing.PatientPasswordHasher", *settings.PASSWORD_HASHERS[1:]]
    real = PBKDF2PasswordHasher.encode

    def encode(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        time.sleep(HASHING)
        return real(self, password, salt, 1000)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)


@pytest.mark.alone
def test_many_wrong_passwords_at_once_leave_an_item_quick_and_are_no_fault(
    server: str, exporter: Exporter, http: httpx.Client
) -> None:
    token = hidden_fields(page := Client().get("/auth/login"))
    cookies = {name: cookie.value for name, cookie in page.client.cookies.items()}

    def guess(number: int) -> int:
        fields = token | {"username": f"name-{number}", "password": "wrong"}
        return guesser.post("/auth/login", data=fields).status_code

    # One client for all: each makes a context of TLS anew, which would keep the processor from the server.
    every = httpx.Limits(max_connections=180)
    with (
        httpx.Client(base_url=server, cookies=cookies, timeout=60, limits=every) as guesser,
        ThreadPoolExecutor(180) as pool,
    ):
        guesses = [pool.submit(guess, number) for number in range(180)]
        time.sleep(0.5)
        for number in range(5):
            began = time.monotonic()
            answer = exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": f"p{number}"}})
            assert answer.status_code == 201
            assert time.monotonic() - began < 3
        answers = {one.result() for one in guesses}
    assert answers <= {200, 429, 503}
    assert answers & {429, 503}  # and those were told at once


def test_hashes_are_those_that_stood_before() -> None:
    before = PBKDF2PasswordHasher().encode("a violet umbrella", "salt")
    hasher = identify_hasher(before)
    assert isinstance(hasher, PatientPasswordHasher)
    assert hasher.verify("a violet umbrella", before)
    assert not hasher.verify("a violet umbrellA", before)
    assert make_password("a violet umbrella").startswith("pbkdf2_sha256$")
