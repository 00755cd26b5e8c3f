"""How a move ends at its source, as far as the target can know: yes, no, moved, or nobody knows."""

import re
from datetime import timedelta
from itertools import cycle

import httpx
import pytest
from django.conf import LazySettings
from django.core import mail
from django.utils import timezone

from moves.models import Move
from moves.moving import worker
from tests.support.answers import json_api, refusal
from tests.support.arriving_move import OPAQUE, announce, archive, gone_to, hand_over, serve, the_move
from tests.support.exporter import Person
from tests.support.fake_export import export_document
from tests.support.fake_server import FakeAnswer, FakeCall, FakeReply, FakeServer
from tests.support.moving import post, work
from tests.support.worker import browser, hidden_fields

pytestmark = pytest.mark.usefixtures("trusting")

LOST = FakeReply(hang_up=True)
MAY_HAVE_MOVED = "Your data has arrived, and your old account may have moved"
NOBODY_KNOWS = "Your data has arrived, and nobody knows whether your old account has moved"
STAYS_OPEN = "Your data has arrived, and your old account stays open"
CLOSED_THERE = "Your old account is closed, although its move was called off here"
NOT_TOLD_YET = "Your data has arrived, but your old account could not be told yet"
HAS_ARRIVED = "Your account has arrived"
HTML = {"Content-Type": "text/html"}


def test_a_lost_finalize_is_said_again_while_the_account_is_open(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    states: list[int] = []

    def look(call: FakeCall) -> FakeReply:
        states.append(browser(ada.row).get("/settings/exports").status_code)
        return FakeReply(503)

    peer.says("POST /move/finalize", look, FakeReply(hang_up=True), FakeReply(204))
    announce(http, token)
    hand_over(http, token, peer)
    work()
    assert (the_move().state, len(peer.called("POST /move/finalize")), states) == ("arrived", 3, [200])


@pytest.mark.services
def test_an_abort_that_crosses_a_finalize_leaves_the_answer_to_the_finalize_to_decide(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    def close_meanwhile(call: FakeCall) -> FakeReply:
        assert http.post("/move/abort", headers={"Authorization": f"Bearer {token}"}).status_code == 204
        return FakeReply(503)

    peer.says("POST /move/finalize", close_meanwhile, FakeReply(204))
    announce(http, token)
    hand_over(http, token, peer)
    work()
    assert (the_move().state, len(peer.called("POST /move/finalize"))) == ("arrived", 2)
    assert mail.outbox[-1].subject == "Your account has arrived"


@pytest.mark.parametrize("status", [401, 404, 409])
def test_a_source_that_does_not_close_leaves_both_open(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, status: int
) -> None:
    peer.says("POST /move/finalize", refusal(status, "It is in use again."))
    announce(http, token)
    hand_over(http, token, peer)
    work()
    move = the_move()
    assert move.state == "copied"
    assert "It is in use again." in move.error
    assert ada.row.moved_from == ""
    assert mail.outbox[-1].subject == "Your data has arrived, and your old account stays open"


def test_a_lost_answer_to_finalize_is_a_success_all_the_same(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, server: str
) -> None:
    peer.says("POST /move/finalize", FakeReply(hang_up=True), gone_to(f"{server}/"))
    hand_over(http, token, peer)
    work()
    assert (the_move().state, the_move().error, ada.row.moved_from) == ("arrived", "", f"{peer.url}/")
    assert mail.outbox[-1].subject == "Your account has arrived"


def test_a_source_that_has_closed_although_the_move_was_called_off_is_told_of(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, server: str
) -> None:
    serve(peer, b"no archive")
    peer.says("POST /move/abort", gone_to(server))
    hand_over(http, token, peer)
    work()
    assert the_move().state == "failed"
    assert mail.outbox[-1].subject == "Your old account is closed, although its move was called off here"


def page_of(status: int) -> FakeReply:
    return FakeReply(status, b"<html><h1>A page</h1></html>", HTML)


def moved_nowhere() -> FakeReply:
    """410 `moved` that does not say where to."""
    return FakeReply(410, {"errors": [{"status": "410", "title": "Gone", "code": "moved", "detail": "It has moved"}]})


def subjects() -> list[str]:
    return [str(one.subject) for one in mail.outbox]


def said() -> str:
    """The text of the last mail."""
    return " ".join(str(mail.outbox[-1].body).split())


def finalizing(http: httpx.Client, token: str, peer: FakeServer, *answers: FakeAnswer, tries: int = 1) -> Move:
    """A move of which everything has arrived, and whose source was told so for so many times."""
    peer.says("POST /move/finalize", *answers)
    hand_over(http, token, peer)
    for _ in range(20):
        work(1)
        if len(peer.called("POST /move/finalize")) >= tries:
            break
    assert the_move().state == "finalizing"
    return the_move()


def stop(ada: Person, move: Move) -> str:
    """By the button of the page. Returns what the next page says."""
    client = browser(ada.row)
    page = client.get("/settings/move")
    return client.post(f"/settings/move/{move.doc_id}/stop", hidden_fields(page), follow=True).content.decode()


def over(move: Move) -> Move:
    """After the time for the state is over."""
    Move.objects.update(lease_until=timezone.now())
    worker.advance(move.pk)
    post()
    return the_move()


# Answers that say what has become of it


@pytest.mark.parametrize(
    "spelling", ["{}", "{}/", "{}/auth/login", "http://LOCALHOST:{port}/", "http://localhost.:{port}"]
)
def test_whatever_the_source_calls_this_server_the_account_has_moved_here(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, server: str, spelling: str
) -> None:
    there = spelling.format(server, port=server.rpartition(":")[2])
    peer.says("POST /move/finalize", LOST, gone_to(there))
    hand_over(http, token, peer)
    work()
    assert (the_move().state, subjects()) == ("arrived", [HAS_ARRIVED])


def test_a_source_that_has_moved_somewhere_else_is_said_to_be_neither_open_nor_closed_for_here(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    peer.says("POST /move/finalize", gone_to("https://elsewhere.example/"))
    hand_over(http, token, peer)
    work()
    assert (the_move().state, ada.row.moved_from, subjects()) == ("unclear", "", [NOBODY_KNOWS])
    assert "is not open any more. " in the_move().error
    assert "has moved to https://elsewhere.example/" in the_move().error
    assert "may have moved" not in the_move().error
    assert "stays open" not in said()


@pytest.mark.parametrize("answer", [gone_to("https://elsewhere.example/"), moved_nowhere(), page_of(410)])
def test_a_410_after_a_lost_answer_is_not_open(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, answer: FakeReply
) -> None:
    peer.says("POST /move/finalize", LOST, answer)
    hand_over(http, token, peer)
    work()
    assert (the_move().state, subjects()) == ("unclear", [NOBODY_KNOWS])
    assert "may have moved" in said()
    assert "stays open" not in said()


# Answers after which nobody knows


AFTER_WHICH_NOBODY_KNOWS: tuple[FakeAnswer, ...] = (
    LOST,
    page_of(500),
    page_of(502),
    page_of(200),
    FakeReply(201),
    FakeReply(302, headers={"Location": "/login"}),
    b"?",
)
REFUSALS = (page_of(404), refusal(401, "Invalid token"), refusal(400, ""), page_of(403))


@pytest.mark.parametrize(
    ("first", "then"), [*zip(AFTER_WHICH_NOBODY_KNOWS, cycle(REFUSALS), strict=False), (LOST, REFUSALS[-1])]
)
def test_a_refusal_after_a_call_that_may_have_been_taken_decides_nothing(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, first: FakeAnswer, then: FakeReply
) -> None:
    peer.says("GET /", page_of(200))
    move = finalizing(http, token, peer, first, then, tries=2)
    assert subjects() == [MAY_HAVE_MOVED]
    assert "may have moved" in said()
    assert "answers: log in there" in said()
    assert (over(move).state, subjects()) == ("unclear", [MAY_HAVE_MOVED, NOBODY_KNOWS])
    assert "may have moved" in said()
    [note] = re.findall(
        r'<div class="note bad".*?</div>', browser(ada.row).get("/settings/move").content.decode(), re.S
    )
    assert "may have moved" in note
    assert "to see what has become of your account there" in note
    assert "stays open" not in said()


def test_a_page_with_200_is_no_yes(http: httpx.Client, ada: Person, token: str, peer: FakeServer) -> None:
    finalizing(http, token, peer, page_of(200))
    assert (ada.row.moved_from, subjects()) == ("", [MAY_HAVE_MOVED])
    peer.says("POST /move/finalize", FakeReply(204))
    work()
    assert (the_move().state, subjects()) == ("arrived", [MAY_HAVE_MOVED, HAS_ARRIVED])


@pytest.mark.services
def test_a_worker_that_died_in_the_call_leaves_a_doubt(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(call: FakeCall) -> FakeReply:
        Move.objects.update(process="of a dead one", heartbeat_at=timezone.now() - timedelta(minutes=2), epoch=99)
        return FakeReply(204)

    finalizing(http, token, peer, die, page_of(404), tries=2)
    assert subjects() == [MAY_HAVE_MOVED]


# Nobody is told


@pytest.mark.parametrize(("answer", "subject"), [(page_of(500), MAY_HAVE_MOVED), (FakeReply(429), NOT_TOLD_YET)])
def test_who_waits_for_the_source_for_long_is_told_once(
    http: httpx.Client,
    ada: Person,
    token: str,
    peer: FakeServer,
    settings: LazySettings,
    answer: FakeReply,
    subject: str,
) -> None:
    finalizing(http, token, peer, answer)
    assert subjects() == []
    settings.WHARF_MOVE_PATIENCE = timedelta(0)
    work(3)
    assert subjects() == [subject]


def test_a_source_that_never_was_there_to_be_told_stays_open(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, settings: LazySettings
) -> None:
    settings.WHARF_MOVE_PATIENCE = timedelta(0)
    peer.says("POST /move/finalize", FakeReply(429))
    hand_over(http, token, peer)
    work(4)
    peer.stop()
    work(2)
    assert (the_move().state, the_move().doubted_at, subjects()) == ("finalizing", None, [NOT_TOLD_YET])
    assert (over(the_move()).state, subjects()) == ("copied", [NOT_TOLD_YET, STAYS_OPEN])


# The person stops it


def test_a_move_that_is_stopped_after_a_lost_answer_asks_the_source_whether_it_has_closed(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, server: str
) -> None:
    move = finalizing(http, token, peer, LOST)
    peer.says("POST /move/abort", LOST, gone_to(f"{server}/"))
    page = stop(ada, move)
    assert "may have moved" in page
    assert "open here, with everything" not in page
    assert subjects() == []
    work()
    assert (the_move().state, ada.row.moved_from) == ("arrived", f"{peer.url}/")
    assert (len(peer.called("POST /move/abort")), subjects()) == (2, [CLOSED_THERE])
    assert "says that the account has moved here. So the old account is closed" in said()
    assert "Everything had arrived before, and is here." in said()


@pytest.mark.parametrize(
    ("answer", "state", "subject"),
    [
        (FakeReply(204), "copied", STAYS_OPEN),
        (gone_to("https://elsewhere.example/"), "unclear", NOBODY_KNOWS),
        (page_of(410), "unclear", NOBODY_KNOWS),
    ],
)
def test_what_the_source_answers_to_a_move_that_is_stopped_decides(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, answer: FakeReply, state: str, subject: str
) -> None:
    move = finalizing(http, token, peer, LOST)
    peer.says("POST /move/abort", answer)
    stop(ada, move)
    work()
    assert (the_move().state, subjects()) == (state, [subject])
    assert f"The move was stopped by {ada.row.username}." in said()


@pytest.mark.parametrize("answer", [refusal(401, "Invalid token"), page_of(404), page_of(503), LOST])
def test_a_move_that_is_stopped_in_doubt_ends_in_doubt_where_the_source_does_not_say_it(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer, settings: LazySettings, answer: FakeReply
) -> None:
    settings.WHARF_MOVE_PATIENCE = timedelta(0)
    move = finalizing(http, token, peer, LOST)
    peer.says("POST /move/abort", answer)
    stop(ada, move)
    work(3)
    assert (the_move().state, subjects()) == ("retracting", [MAY_HAVE_MOVED])
    assert (over(move).state, subjects()) == ("unclear", [MAY_HAVE_MOVED, NOBODY_KNOWS])
    assert "may have moved" in said()


def test_a_move_that_is_stopped_before_the_source_was_told_stays_open_there(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    move = finalizing(http, token, peer, FakeReply(429))
    peer.says("POST /move/abort", refusal(400, "Bad Request"))
    stop(ada, move)
    work()
    assert (the_move().state, subjects()) == ("copied", [STAYS_OPEN])
    assert len(peer.called("POST /move/abort")) == 1


# It ends before anything came


def test_a_move_that_ends_before_its_archive_came_is_mailed(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    assert http.post("/move/abort", headers={"Authorization": f"Bearer {token}"}).status_code == 204
    post()
    assert (the_move().state, subjects()) == ("failed", ["Your account did not arrive"])
    assert "Nothing of it had come here yet" in said()


def test_a_move_whose_source_fell_silent_before_its_archive_came_is_mailed(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    assert (over(the_move()).state, subjects()) == ("failed", ["Your account did not arrive"])
    assert "no sign of life" in said()


def test_a_move_that_is_stopped_before_its_archive_came_is_mailed(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    stop(ada, the_move())
    post()
    assert (the_move().state, subjects()) == ("failed", ["Your account did not arrive"])
    assert "It is open where it was" in said()


def test_a_source_that_is_gone_when_the_move_is_off_is_not_said_to_be_open(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    serve(peer, b"no archive")
    peer.says("POST /move/abort", gone_to("https://elsewhere.example/"))
    hand_over(http, token, peer)
    work()
    assert subjects()[-1] == CLOSED_THERE
    assert "has moved to" in said()


@pytest.mark.parametrize(
    ("part", "said_of_it"),
    [
        (page_of(500), "answered 500"),
        (FakeReply(200, archive()[:-300], {"Content-Type": "application/zip"}), "breaks off"),
        (page_of(200), "sends a page (text/html)"),
    ],
)
def test_what_kept_an_archive_from_coming_is_the_reason_that_is_told(
    http: httpx.Client,
    ada: Person,
    token: str,
    peer: FakeServer,
    settings: LazySettings,
    part: FakeReply,
    said_of_it: str,
) -> None:
    settings.WHARF_PEER_PAUSES = (0,)
    peer.says(f"GET /move/exports/data/{OPAQUE}", part)
    hand_over(http, token, peer)
    work(3)
    Move.objects.update(lease_until=timezone.now())
    work(3)
    assert (the_move().state, subjects()) == ("failed", ["Your account did not arrive"])
    assert said_of_it in said()
    assert "no sign of life" not in said()


def test_an_archive_that_was_refused_when_it_was_handed_over_is_the_reason_that_is_told(
    http: httpx.Client, ada: Person, token: str, peer: FakeServer
) -> None:
    announce(http, token)
    expired = export_document(parts_cursors=None, expires_at="2018-05-11T08:59:37+02:00")
    peer.says(f"GET /move/exports/{OPAQUE}", json_api(expired))
    assert hand_over(http, token, peer).status_code == 412
    assert (over(the_move()).state, subjects()) == ("failed", ["Your account did not arrive"])
    assert "This export has expired on 2018-05-11" in said()
    assert "no sign of life" not in said()
