"""An account that leaves for another server, as far as a test wants it."""

from typing import Any

import httpx
from django.utils import timezone

from moves.models import Move
from tests.support.exporter import Person
from tests.support.fake_server import FakeServer
from tests.support.moving import MoveWizard, mailed_link, post, work
from tests.support.worker import browser


def asked(wizard: MoveWizard, ada: Person, peer: FakeServer, **more: str) -> Move:
    """A move that waits for its confirmation."""
    answer = wizard.request(code=wizard.source_code(ada), **target(peer), **more)
    assert answer.status_code == 200, answer.text
    post()
    return Move.objects.latest("pk")


def target(peer: FakeServer) -> dict[str, str]:
    return {
        "target_url": f"{peer.url}/",
        "target_token": "token-of-the-target",
        "target_client_id": "client-of-the-target",
        "target_client_secret": "secret-of-the-target",
    }


def confirmed(wizard: MoveWizard, ada: Person, peer: FakeServer) -> Move:
    asked(wizard, ada, peer)
    answer = browser(ada.row).get(mailed_link())
    assert answer.status_code == 303
    return Move.objects.latest("pk")


def handed_over(wizard: MoveWizard, ada: Person, peer: FakeServer) -> tuple[Move, str]:
    """A move that waits for the target, and the token that the target was given."""
    confirmed(wizard, ada, peer)
    work()
    move = Move.objects.latest("pk")
    assert move.state == "waiting", (move.state, move.error)
    return move, str(peer.called("POST /move/imports")[-1].attributes["move_from"]["token"])


def say(http: httpx.Client, path: str, token: str, body: Any = None) -> httpx.Response:
    return http.post(path, headers={"Authorization": f"Bearer {token}"}, json=body)


def fetch_everything(http: httpx.Client, peer: FakeServer) -> None:
    """As a Cozy does it: the document by its link, then every part."""
    opaque = peer.called("POST /move/imports")[-1].attributes["url"].rpartition("/")[2]
    document = http.get(f"/move/exports/{opaque}").json()["data"]["attributes"]
    for cursor in ["", *document["parts_cursors"]]:
        answer = http.get(f"/move/exports/data/{opaque}", params={"cursor": cursor} if cursor else {})
        assert answer.status_code == 200


def the_end(move: Move) -> Move:
    move.refresh_from_db()
    return move


def lapsed(wizard: MoveWizard, ada: Person, peer: FakeServer, *, fetched: bool = True) -> tuple[Move, str]:
    move, token = handed_over(wizard, ada, peer)
    if fetched:
        fetch_everything(wizard.http, peer)
    Move.objects.update(lease_until=timezone.now())
    work()
    assert the_end(move).state == "failed"
    return move, token


def moved(wizard: MoveWizard, ada: Person, peer: FakeServer) -> Move:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token).status_code == 204
    return the_end(move)
