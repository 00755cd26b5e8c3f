"""Answers of other servers that are none, came too late, or belong to somebody else."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.support.wizard_visitor import OURS, WizardVisitor, both, pass_time


def test_an_answer_works_once(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    visitor.type(source.url)
    with httpx.Client() as there:
        answer = there.get(visitor.link).headers["Location"]
    assert visitor.open(answer).at == "/move/start"
    assert f"From {source.host}" in visitor.words
    assert visitor.open(answer).page.status_code == 400
    assert "belongs to no question of yours" in visitor.words
    assert f"From {source.host}" in visitor.open("/move/start").words


def test_an_answer_for_another_browser_or_another_side_is_refused(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    visitor.type(source.url)
    with httpx.Client() as there:
        answer = there.get(visitor.link).headers["Location"]
    with httpx.Client() as stranger:
        refused = stranger.get(answer)
        assert (refused.status_code, refused.headers["Referrer-Policy"]) == (400, "no-referrer")
        assert not stranger.cookies.get("wharf_move")
    assert visitor.open(answer.replace("/callback/source", "/callback/target")).page.status_code == 400
    assert visitor.open("/callback/source?code=x").page.status_code == 400
    assert visitor.open("/callback/source?code=x&state=é").page.status_code == 400
    assert visitor.open(answer).at == "/move/start"


def test_who_does_not_allow_it_comes_back_to_the_choice(visitor: WizardVisitor, peers: Any) -> None:
    source = peers(denies=True)
    visitor.choose(source.url)
    assert visitor.at == "/move/start"
    assert f"You did not allow it at {source.host}. Nothing has happened." in visitor.words
    assert "Where is your account now?" in visitor.words


def test_an_answer_that_another_server_issued_is_refused(visitor: WizardVisitor, peers: Any) -> None:
    source = peers(iss="https://honest.example")
    visitor.choose(source.url)
    assert f"The answer does not come from {source.host}" in visitor.words
    source.iss = source.url
    assert "Where does your account go?" in visitor.choose(source.url).words


@pytest.mark.parametrize("how", [{"status": OURS, "nameless": True}, {"promises": True}])
@pytest.mark.parametrize("denies", [False, True])
def test_an_answer_that_should_say_who_gives_it_and_does_not_is_refused(
    visitor: WizardVisitor, peers: Any, how: dict[str, Any], denies: bool
) -> None:
    source = peers(denies=denies, **how)
    visitor.choose(source.url)
    assert f"The answer does not come from {source.host}" in visitor.words
    source.iss = source.url
    said = "You did not allow it at" if denies else "Where does your account go?"
    assert said in visitor.choose(source.url).words


def test_an_answer_to_the_address_of_another_question_is_refused(visitor: WizardVisitor, peers: Any) -> None:
    """A server that was asked sends the browser on to another one, with the address of its own question."""
    evil, honest = peers(), peers()
    asked = dict(parse_qsl(urlsplit(visitor.type(evil.url).link).query))
    other = dict(parse_qsl(urlsplit(visitor.open("/move/start").type(honest.url).link).query))
    assert asked["redirect_uri"] != other["redirect_uri"]
    mixed = f"{asked['redirect_uri']}?{urlencode({'code': honest.new_code(), 'state': other['state']})}"
    assert visitor.open(mixed).page.status_code == 400
    assert "belongs to no question of yours" in visitor.words


def test_a_code_that_came_too_late_says_so_and_is_asked_for_again(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    both(visitor, source, peers())
    assert "ends in 59 minutes" in visitor.words
    pass_time(hours=1)
    visitor.open("/move/start/check")
    assert visitor.at == "/move/start"
    assert f"{source.host} has to be asked again" in visitor.words
    visitor.submit("/move/start").go_there()
    assert visitor.at == "/move/start/check"
    assert source.requested(visitor.handed_over[1])


def test_a_question_that_was_answered_too_late_says_so(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    link = visitor.type(source.url).link
    pass_time(hours=1.1)
    visitor.open(link)
    assert f"{source.host} answered too late: its leave lives for an hour." in visitor.words


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"broken": {"/auth/access_token": 400}}, "it lives for an hour. Ask it again."),
        ({"broken": {"/auth/access_token": 502}}, "the server behind it does not run. Ask it again."),
        ({"scope": "io.cozy.files"}, "gave leave for something else than a move"),
        ({"broken": {"/auth/register": 404}}, "doesn't take accounts in"),
        ({"broken": {"/auth/register": 429}}, "asked too often just now"),
        ({"broken": {"/status": 404}}, "There is no server at"),
        ({"broken": {"/status": 502}}, "the server behind it does not run"),
        ({"status": ["what"]}, "There is no server at"),
    ],
)
def test_a_target_that_can_not_be_one_says_why(
    visitor: WizardVisitor, peers: Any, how: dict[str, Any], said: str
) -> None:
    target = peers(**how)
    visitor.choose(peers().url).type(target.url)
    if visitor.at == "/move/start/leave":
        visitor.go_there()
    assert visitor.at == "/move/start"
    assert said in visitor.words
    assert "Where does your account go?" in visitor.words


def test_a_server_that_lives_elsewhere_is_asked_there(visitor: WizardVisitor, peers: Any) -> None:
    there = peers()
    visitor.type(peers(sends_to=there.url).url)
    assert urlsplit(visitor.link).netloc == there.host
    visitor.open("/move/start").type(peers(sends_to=f"{there.url}/welcome?").url)
    assert "There is no server at" in visitor.words


@pytest.mark.parametrize("answer", [[], {}, {"client_id": 5}, {"client_id": "x", "client_secret": "y" * 9_000}])
def test_a_registration_that_makes_no_sense_says_so(visitor: WizardVisitor, peers: Any, answer: Any) -> None:
    visitor.choose(peers().url).type(peers(registers=answer).url)
    assert visitor.page.status_code == 422
    assert "can't be used" in visitor.words or "not with an object" in visitor.words
