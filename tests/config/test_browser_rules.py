"""What each answer lets a browser do with it."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.support.address_rows import PERSON, SECRET, those_of
from tests.support.addresses import address
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Person
from tests.support.worker import session_of

CONTENT = "content/<str:sha256>"  # a file, which a browser saves anyway
EVERY = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def answers(http: httpx.Client, ada: Person, *routes: str) -> Iterator[tuple[str, httpx.Response]]:
    """Yields what the browser of somebody who is logged in is answered."""
    session = session_of(ada.row)
    for route in routes:
        yield route, http.get(address(route), headers={"Cookie": f"sessionid={session}"})
        http.cookies.clear()


def test_no_page_of_a_person_is_kept_by_the_browser(http: httpx.Client, ada: Person) -> None:
    shown = {
        route: answer.headers.get("Cache-Control", "")
        for route, answer in answers(http, ada, "", *those_of(PERSON))
        if answer.status_code == 200 and route != CONTENT
    }
    assert {"", "settings/services", "settings/exports", "settings/imports", "settings/move"} <= shown.keys()
    assert {route for route, said in shown.items() if "no-store" not in said} == set()


@pytest.mark.parametrize(
    ("set_to", "told"),
    [
        ({}, "max-age=31536000"),
        ({"WHARF_HSTS_SUBDOMAINS": "true"}, "max-age=31536000; includeSubDomains"),
        (
            {"WHARF_HSTS_SUBDOMAINS": "true", "WHARF_HSTS_PRELOAD": "true"},
            "max-age=31536000; includeSubDomains; preload",
        ),
    ],
)
def test_in_production_the_browser_is_told_to_come_by_tls_only(set_to: dict[str, str], told: str) -> None:
    ask = (
        "import django; django.setup(); from django.test import Client;"
        "print(Client().get('/status', secure=True, headers={'Host': 'wharf.example'})['Strict-Transport-Security'])"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WHARF_BASE_URL": "https://wharf.example",
        "SECRET_KEY": "of-a-test",
        "PATH": "/usr/bin",
        **set_to,
    }
    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == told


def test_every_answer_says_what_a_browser_may_not_do(http: httpx.Client, ada: Person) -> None:
    others = ("", "status", "nothing/of/that/name", "import/blobs", "auth/login", "admin/")
    for route, answer in answers(http, ada, *those_of(PERSON, SECRET), *others):
        policy = answer.headers["Content-Security-Policy"].split("; ")
        allows = {words[0]: words[1:] for words in map(str.split, policy)}
        assert allows["default-src"] == ["'self'"], route
        assert allows["object-src"] == allows["base-uri"] == allows["frame-ancestors"] == ["'none'"], route
        assert {name: answer.headers.get(name) for name in EVERY} == EVERY, route
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), route
