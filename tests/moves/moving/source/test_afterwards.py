"""After a move: where it went, the receipt, and the deletion that can be stopped."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tasks import delete_accounts
from moves.models import Move, MoveStep
from tests.support.exporter import Exporter, Person, file_item
from tests.support.fake_server import FakeServer
from tests.support.leaving import fetch_everything, handed_over, moved, say, the_end
from tests.support.moving import MoveWizard, work
from tests.support.worker import browser, hidden_fields

pytestmark = pytest.mark.usefixtures("trusting")


def test_the_page_says_where_the_account_went_and_the_data_goes_after_thirty_days(
    wizard: MoveWizard, ada: Person, peer: FakeServer
) -> None:
    moved(wizard, ada, peer)
    page = browser(ada.row).get("/settings/move").content.decode()
    assert peer.url in page
    assert "deleted here" in page
    delete_accounts()
    assert User.objects.filter(username="ada").exists()
    User.objects.update(delete_after=timezone.now())
    delete_accounts()
    assert not User.objects.filter(username="ada").exists()


@pytest.mark.parametrize(("what", "blocked"), [("keep", User.Blocked.MOVED), ("reopen", "")])
def test_the_deletion_can_be_stopped_and_the_account_opened_again(
    wizard: MoveWizard, ada: Person, peer: FakeServer, what: str, blocked: str
) -> None:
    moved(wizard, ada, peer)
    client = browser(ada.row)
    answer = client.post("/settings/move/keep", hidden_fields(client.get("/settings/move")) | {what: "true"})
    assert answer.status_code == 302
    User.objects.filter(delete_after__isnull=False).update(delete_after=timezone.now())
    delete_accounts()
    assert (ada.row.blocked, ada.row.delete_after) == (blocked, None)


def test_the_receipt_says_large_numbers_as_every_page_does(
    wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer
) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    move = moved(wizard, ada, peer)
    paper = Move.objects.get(pk=move.pk).receipt
    paper["sent"][0] |= {"documents": 1234, "files": 2345, "unchanged": 3456}
    Move.objects.filter(pk=move.pk).update(receipt=paper)
    page = browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").content.decode()
    assert "1,234 things and 2,345 files of" in page
    assert "3,456 things had not changed." in page


def test_the_receipt_says_what_was_sent(wizard: MoveWizard, exporter: Exporter, ada: Person, peer: FakeServer) -> None:
    exporter.send_file("blobs", file_item("a.txt"), b"bytes")
    move = moved(wizard, ada, peer)
    client = browser(ada.row)
    paper = client.get(f"/settings/move/{move.doc_id}/receipt.json").json()
    assert (paper["side"], paper["state"], paper["other_server"]) == ("source", "moved", f"{peer.url}/")
    [sent] = paper["sent"]
    assert (sent["files"], sent["files_size"]) == (1, 5)
    assert [step["what"] for step in paper["steps"] if step["outcome"] == "done"]
    assert "token-of-the-target" not in json.dumps(paper)
    page = client.get(f"/settings/move/{move.doc_id}/receipt")
    assert page.status_code == 200
    assert browser(Person.create("bob").row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 404


@pytest.mark.parametrize(
    "receipt",
    [
        {"proof": 7, "arrived": "x"},
        {"proof": {"missing": 0, "documents": "many", "size": None}, "arrived": [1, {"files_size": "x"}]},
        {"arrived": {"proof": []}, "steps": [{"began_at": 5}]},
        *(
            {"arrived": [{"finished_at": at}]}
            for at in ("2026-11-27", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00")
        ),
    ],
)
def test_a_receipt_may_say_anything(wizard: MoveWizard, ada: Person, peer: FakeServer, receipt: dict[str, Any]) -> None:
    move, token = handed_over(wizard, ada, peer)
    fetch_everything(wizard.http, peer)
    assert say(wizard.http, "/move/finalize", token, {"data": {"attributes": receipt}}).status_code == 204
    assert browser(ada.row).get(f"/settings/move/{move.doc_id}/receipt").status_code == 200


def test_the_operator_sees_every_step_and_can_abort(wizard: MoveWizard, ada: Person, peer: FakeServer) -> None:
    move, _ = handed_over(wizard, ada, peer)
    operator = User.objects.create_superuser("operator", "operator@example.org", "x")
    client = browser(operator)
    page = client.get(f"/admin/moves/move/{move.pk}/change/").content.decode()
    assert "Sending" in page
    assert "token-of-the-target" not in page
    chosen = {"action": "abort", "_selected_action": str(move.pk)}
    asked = client.post("/admin/moves/move/", hidden_fields(client.get("/admin/moves/move/")) | chosen)
    assert "The account stays where it was" in asked.content.decode()
    move.refresh_from_db()
    assert move.is_running  # nothing is done before the question is answered
    answer = client.post("/admin/moves/move/", hidden_fields(asked) | chosen | {"text": "asked by Ada"})
    assert answer.status_code == 302
    work()
    assert (the_end(move).state, ada.row.blocked) == ("failed", "")
    assert MoveStep.objects.filter(move=move, outcome="called off").exists()
