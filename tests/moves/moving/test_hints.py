"""Whoever opens the mailed link sees the progress at the target, on any device, and how the move has ended."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from importers.models import Source
from moves.imports.progress.cookie import ARRIVAL_COOKIE
from moves.models import Move
from moves.moving import tokens
from tests.support.arrivals import announced, arriving
from tests.support.worker import browser, person

pytestmark = pytest.mark.django_db

TOKEN, SECRET = "token-of-the-target", "the-mailed-secret"


class Moving:
    """Both sides of a move of ada's account to bob's, as rows of one server."""

    def __init__(self, server: str) -> None:
        self.ada, self.bob = person("ada"), person("bob")
        self.source = announced(
            self.ada,
            side=Move.Side.SOURCE,
            state=Move.State.WAITING,
            peer_url=f"{server}/",
            peer_token=TOKEN,
            secret_hash=tokens.hashed(SECRET),
            secret_used_at=timezone.now(),
        )
        self.target = announced(
            self.bob,
            state=Move.State.IMPORTING,
            peer_url=f"{server}/",
            token_checksum=tokens.hashed(TOKEN),
            peer_move=self.source.doc_id,
        )
        self.came = arriving(self.bob, move=self.target)
        Move.objects.filter(pk=self.target.pk).update(current_import=self.came)

    def mailed_link(self) -> str:
        """Where it leads, opened once more."""
        answer = browser(self.ada).get(f"/move/go?secret={SECRET}")
        assert answer.status_code == 303
        return str(answer["Location"])

    def ends(self, state: str, **columns: Any) -> None:
        Move.objects.filter(pk=self.target.pk).update(state=state, ended_at=timezone.now(), **columns)
        type(self.came).objects.filter(pk=self.came.pk).update(state="done", finished_at=timezone.now())


@pytest.fixture
def moving(settings: LazySettings) -> Moving:
    settings.WHARF_BASE_URL = "http://here.example"
    return Moving("http://here.example")


def followed(link: str) -> Client:
    """A browser that has never been here."""
    device = Client()
    parts = urlsplit(link)
    answer = device.get(f"{parts.path}?{parts.query}")
    assert (answer.status_code, answer["Location"]) == (303, "/move/importing")
    return device


def shown(device: Client, path: str = "/move/importing") -> str:
    answer = device.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_whoever_opens_the_mailed_link_on_another_device_sees_the_progress_and_nothing_else(moving: Moving) -> None:
    device = followed(moving.mailed_link())
    assert "Your data is arriving" in shown(device)
    assert set(device.cookies) == {ARRIVAL_COOKIE}
    assert device.get("/settings/services").status_code == 302


@pytest.mark.parametrize(
    "changed",
    [
        {"source": "http://elsewhere.example"},
        {"source": "http://here.example:81"},
        {"move": "0" * 32},
        {"move": "\0"},
        {"expires": "99999999999"},
        {"expires": "1"},
        {"expires": "x"},
        {"hint": "0" * 64},
        {"hint": "é"},
        {"hint": ""},
    ],
)
def test_a_hint_that_is_not_the_sources_shows_nothing(moving: Moving, changed: dict[str, str]) -> None:
    parts = urlsplit(moving.mailed_link())
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    device = followed(f"{parts.path}?{urlencode(said | changed)}")
    assert ARRIVAL_COOKIE not in device.cookies
    assert "Nothing is on its way here" in shown(device)


def test_a_hint_names_one_move_whoever_says_that_theirs_is_called_so(moving: Moving) -> None:
    other = announced(person("eve"), token_checksum=tokens.hashed("another"), peer_move=moving.source.doc_id)
    Move.objects.filter(pk=other.pk).update(peer_url="http://here.example/")
    assert "cloud.example" in shown(followed(moving.mailed_link())) or "here.example" in shown(
        followed(moving.mailed_link())
    )
    assert followed(moving.mailed_link()).cookies[ARRIVAL_COOKIE].value.startswith(f"{moving.bob.pk}:")


def test_at_the_end_the_page_stays_and_says_what_came_and_what_to_connect_again(moving: Moving) -> None:
    device = followed(moving.mailed_link())
    Source.objects.create(owner=moving.bob, client_id="c1", client_name="Cloud worker", service="Cloud One")
    Source.objects.create(owner=moving.bob, client_id="archive:here.example", client_name="here.example")
    proof = {"kind": "manifest", "documents": 1234, "files": 1000, "size": 5, "equal": 1234, "missing": []}
    moving.ends(Move.State.ARRIVED)
    type(moving.came).objects.filter(pk=moving.came.pk).update(proof=proof)
    for client, is_known in ((device, False), (browser(moving.bob), True)):
        page = shown(client)
        for words in ("You have arrived", "1,100", "was compared with the source", "1,234", "Cloud One", "The receipt"):
            assert words in page, words
        assert "archive:" not in page
        assert ('href="/settings/services"' in page) is is_known
    assert "Your account has arrived from here.example." in shown(browser(moving.bob), "/")


def test_a_link_that_is_opened_after_the_end_leads_to_what_became_of_the_move(moving: Moving) -> None:
    Move.objects.filter(pk=moving.source.pk).update(state=Move.State.MOVED, ended_at=timezone.now(), peer_token="")
    assert moving.mailed_link() == "/settings/move"


@pytest.mark.parametrize("why", ["stopped", "stopped there"])
def test_a_move_that_was_stopped_is_no_failure(moving: Moving, why: str) -> None:
    moving.ends(Move.State.FAILED, why=why, error="The move was stopped by ada.")
    User.objects.filter(pk=moving.ada.pk).update(blocked="")
    Move.objects.filter(pk=moving.source.pk).update(
        state=Move.State.CALLING_OFF, why=why, error="The move was stopped by ada."
    )
    for client, path in (
        (browser(moving.bob), "/move/importing"),
        (browser(moving.bob), "/settings/move"),
        (browser(moving.ada), "/settings/move"),
    ):
        page = shown(client, path)
        assert "The move was stopped by ada." in page
        assert "note bad" not in page and "Failed" not in page and "failed" not in page, path
