"""What the wizard keeps, for how long, and what nobody else can do with it."""

import logging
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.tasks import clear_expired_tokens
from tests.support.wizard_visitor import WizardVisitor, both, pass_time


def test_what_is_kept_is_encrypted_named_by_a_hash_and_deleted_in_time(visitor: WizardVisitor, peers: Any) -> None:
    source, target = peers(), peers()
    both(visitor, source, target)
    cookie = next(cookie for cookie in visitor.http.cookies.jar if cookie.name == "wharf_move")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    (row,) = Session.objects.all()
    for secret in (*visitor.handed_over[1].values(), str(cookie.value)):
        assert secret not in row.session_data + row.session_key
    pass_time(hours=6.1)
    assert "Where is your account now?" in visitor.open("/move/start").words
    clear_expired_tokens()
    assert not Session.objects.exists()


def test_who_is_lost_begins_from_the_start_and_nothing_is_kept(visitor: WizardVisitor, peers: Any) -> None:
    both(visitor, peers(), peers()).submit("/move/start/again")
    assert "Where is your account now?" in visitor.words
    assert not Session.objects.exists()


def test_secrets_stand_in_no_log_and_in_no_address(
    visitor: WizardVisitor, peers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    both(visitor, peers(vault=True), peers())
    form = visitor.handed_over[1]
    for name in ("code", "target_token", "target_client_secret"):
        assert form[name] not in "".join(record.getMessage() for record in caplog.records if "wharf" in record.name)
        assert form[name] not in str(visitor.page.url)


@pytest.mark.parametrize("path", ["start", "start/swap", "start/change/source", "start/again"])
def test_no_other_site_presses_its_buttons(visitor: WizardVisitor, path: str) -> None:
    assert visitor.http.post(f"/move/{path}").status_code == 403
    assert visitor.http.get(f"/move/{path}").status_code == (200 if path == "start" else 405)


def test_one_address_does_not_call_for_ever(visitor: WizardVisitor, peers: Any) -> None:
    cozy = peers()
    for _ in range(60):
        visitor.open("/move/start").type(cozy.url)
    assert visitor.at == "/move/start/leave"
    assert visitor.open("/move/start").type(cozy.url).page.status_code == 429
    visitor.http.cookies.clear()
    assert visitor.http.get(f"/initialize?code=x&cozy_url={cozy.url}").status_code == 429
