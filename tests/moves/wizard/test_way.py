"""The wizard that leads somebody through both sides of a move, with two other servers on real sockets."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.wizard_visitor import OURS, WizardVisitor, both
from tests.support.worker import PASSWORD, person

# The whole way


def test_two_typed_addresses_lead_to_the_source_that_is_asked_to_move(visitor: WizardVisitor, peers: Any) -> None:
    source, target = peers(used=1_500_000), peers(quota=9_000_000)
    assert "Where is your account now?" in visitor.words
    visitor.type(f"{source.url}/some/page?with=query#and-more")
    assert visitor.at == "/move/start/leave"
    assert source.host in visitor.words
    visitor.go_there()
    assert visitor.at == "/move/start"
    assert "Where does your account go?" in visitor.words
    assert f"From {source.host} 1.5 MB of data." in visitor.words
    visitor.choose(target.url)
    assert visitor.at == "/move/start/check"
    assert f"Everything you have at {source.host}, 1.5 MB, would go to {target.host}." in visitor.words
    where, form = visitor.handed_over
    assert where == f"{source.url}/move/request"
    client_id, client = next(iter(target.clients.items()))
    assert form == {
        "code": next(iter(source.codes)),
        "target_url": f"{target.url}/",
        "target_token": next(iter(target.tokens)),
        "target_client_id": client_id,
        "target_client_secret": client["client_secret"],
    }
    answer = httpx.post(where, data=form)
    assert (answer.status_code, "Look at your mails" in answer.text) == (200, True)


def test_it_registers_at_the_target_as_the_protocol_says(visitor: WizardVisitor, peers: Any, server: str) -> None:
    source, target = peers(), peers()
    both(visitor, source, target)
    (registration,) = target.called("POST /auth/register")
    assert registration.json.keys() == {
        "client_name",
        "client_kind",
        "client_uri",
        "redirect_uris",
        "software_id",
        "software_version",
    }
    (registered,) = registration.json["redirect_uris"]
    assert re.fullmatch(re.escape(f"{server}/callback/target/") + r"[\w-]{22}", registered)
    assert not source.called("POST /auth/register")
    (exchange,) = (one for one in target.called("POST /auth/access_token") if one.form)
    assert exchange.form.keys() == {"grant_type", "code", "client_id", "client_secret"}
    assert not any(one.form for one in source.called("POST /auth/access_token"))
    assert source.called("GET /move/authorize")[0].query.keys() == {"state", "redirect_uri"}
    assert target.called("GET /auth/authorize/move")[0].query.keys() == {"state", "redirect_uri", "client_id"}


@pytest.mark.parametrize("how", ["query", "form", "GET"])
def test_beginning_in_the_settings_of_the_source_leads_to_the_choice_of_the_target(
    visitor: WizardVisitor, peers: Any, how: str
) -> None:
    source, target = peers(vault=True), peers()
    client_id = source.new_client()
    given = {
        "code": source.new_code(client_id),
        "cozy_url": f"{source.url}/",
        "client_id": client_id,
        "client_secret": source.clients[client_id]["client_secret"],
        "used": "2000000",
        "vault": "true",
    }
    # The visitor comes from another site: it sends no cookie of ours, and no CSRF token.
    sent = {"params": given} if how != "form" else {"data": given}
    visitor.page = visitor.http.request("GET" if how == "GET" else "POST", "/initialize", **sent)  # type: ignore[arg-type]
    assert (visitor.at, visitor.page.url.query) == ("/move/start", b"")
    assert f"From {source.host} 2 MB of data. You have allowed the move there." in visitor.words
    visitor.choose(target.url)
    form = visitor.handed_over[1]
    assert form.keys() >= {"token", "client_id", "client_secret", "target_token", "ignore_vault"}
    assert "code" not in form
    assert source.requested(form)


def test_a_code_of_the_settings_that_is_too_old_says_so(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    client_id = source.new_client()
    given = {"code": "old", "cozy_url": source.url, "client_id": client_id, "client_secret": "wrong"}
    visitor.page = visitor.http.post("/initialize", params=given)
    assert visitor.page.status_code == 400
    assert "it lives for an hour" in visitor.words
    assert "Go back to your settings and begin again." in visitor.words


def test_beginning_anew_elsewhere_takes_no_target_along(visitor: WizardVisitor, peers: Any) -> None:
    first, target, second = peers(), peers(), peers()
    both(visitor, first, target)
    visitor.open(f"/initialize?code={second.new_code()}&cozy_url={second.url}")
    assert (visitor.at, visitor.page.status_code) == ("/initialize", 409)
    assert f"You have chosen already to leave {first.host}, and to go to {target.host}" in visitor.words
    visitor.submit("/initialize", anew="true")
    assert visitor.at == "/move/start"
    assert f"From {second.host}" in visitor.words
    assert target.host not in visitor.words


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_that_sends_a_browser_here_changes_nothing_that_its_person_has_chosen(
    visitor: WizardVisitor, peers: Any, method: str
) -> None:
    first, target, evil = peers(), peers(), peers()
    both(visitor, first, target)
    sent = {"code": evil.new_code(), "cozy_url": evil.url, "anew": "true"}
    get = method == "GET"
    page = visitor.http.request(method, "/initialize", params=sent if get else None, data=None if get else sent)
    assert page.status_code == 409
    assert evil.server.calls == []
    assert visitor.open("/move/start/check").handed_over[0] == f"{first.url}/move/request"


@pytest.mark.parametrize(("site", "named"), [("same-origin", True), ("cross-site", False)])
def test_only_this_servers_own_settings_are_believed_about_whose_account_it_is(
    visitor: WizardVisitor, settings: Any, server: str, site: str, named: bool
) -> None:
    settings.WHARF_MOVE_URL = server
    person("ada")
    visitor.open("/settings/move").submit("", username="ada", password=PASSWORD)
    answer = visitor.http.post("/move/initialize", headers={"Origin": server}, follow_redirects=False)
    assert answer.status_code == 307
    visitor.page = visitor.http.post(answer.headers["Location"], headers={"Sec-Fetch-Site": site})
    assert (f"From ada at {urlsplit(server).netloc}" in visitor.words) is named
    assert "Where does your account go?" in visitor.words


# Swapping


def test_swapping_asks_only_for_the_leave_that_is_missing(visitor: WizardVisitor, peers: Any) -> None:
    first, second = peers(), peers()
    both(visitor, first, second)
    visitor.submit("/move/start/swap")
    assert visitor.at == "/move/start"
    assert f"You have to allow the new direction at {first.host}" in visitor.words
    assert f"From {second.host}" in visitor.words
    visitor.submit("/move/start").go_there()
    assert visitor.at == "/move/start/check"
    assert (len(first.called("POST /auth/register")), len(second.called("POST /auth/register"))) == (1, 1)
    assert not second.called("GET /move/authorize")
    where, form = visitor.handed_over
    assert where == f"{second.url}/move/request"
    assert form["target_url"] == f"{first.url}/"
    assert second.requested(form)
    visitor.submit("/move/start/swap")
    assert visitor.at == "/move/start/check"
    where, form = visitor.handed_over
    assert where == f"{first.url}/move/request"
    assert first.requested(form)


def test_who_swaps_by_mistake_swaps_back(visitor: WizardVisitor, peers: Any) -> None:
    first, second = peers(), peers()
    both(visitor, first, second).submit("/move/start/swap").submit("/move/start/swap")
    assert visitor.at == "/move/start/check"
    assert visitor.handed_over[0] == f"{first.url}/move/request"
    assert not first.called("POST /auth/register")


# What is said before it begins


def test_what_does_not_fit_is_said(visitor: WizardVisitor, peers: Any) -> None:
    both(visitor, peers(used=9_000_000), peers(status=OURS, used=3_000_000, quota=10_000_000))
    assert "It will not fit." in visitor.words
    assert "What arrives, the red part, does not fit." in visitor.words
    assert "has 7 MB of room, and 9 MB would arrive: 2 MB too much." in visitor.words
    assert "I know that it doesn’t fit, and want to try." in visitor.words


def test_what_fits_or_has_no_limit_is_not_warned_of(visitor: WizardVisitor, peers: Any) -> None:
    both(visitor, peers(used=7_000_000), peers(status=OURS, used=3_000_000, quota=10_000_000))
    assert "fit" not in visitor.words
    visitor.submit("/move/start/change/target").choose(peers(status=OURS, quota=None).url)
    assert "fit" not in visitor.words
    assert "with no limit" in visitor.words


def test_a_target_that_deletes_first_is_warned_of_and_one_that_merges_is_not(
    visitor: WizardVisitor, peers: Any
) -> None:
    both(visitor, peers(), peers(used=3_000_000))
    assert "now will be deleted first." in visitor.words
    assert "It has 3 MB of yours." in visitor.words
    assert "checked that everything arrived" not in visitor.words
    visitor.submit("/move/start/change/target").choose(peers(status=OURS).url)
    assert "deleted" not in visitor.words
    assert "already stays" in visitor.words
    assert "has checked what came" in visitor.words


def test_passwords_are_asked_about_only_where_there_are_some(visitor: WizardVisitor, peers: Any) -> None:
    source = peers(vault=True)
    both(visitor, source, peers())
    assert "Your passwords do not come along by themselves" in visitor.words
    assert visitor.handed_over[1]["ignore_vault"] == ""
    assert 'name="ignore_vault" value="true"' in visitor.page.text
    source.vault = False
    visitor.submit("/move/start/change/source").choose(source.url)
    assert "ignore_vault" not in visitor.page.text


@pytest.mark.parametrize("used", ["", "-5", "1e9", "٣", "9" * 40, "<script>"])
def test_sizes_that_are_none_are_not_believed(visitor: WizardVisitor, peers: Any, used: str) -> None:
    source = peers()
    source.used = used
    visitor.choose(source.url)
    assert "Where does your account go?" in visitor.words
    assert "of data" not in visitor.words
    assert "<script>" not in visitor.page.text


def test_the_page_may_post_to_the_source_and_nowhere_else(visitor: WizardVisitor, peers: Any) -> None:
    source = peers()
    both(visitor, source, peers())
    policy = visitor.page.headers["Content-Security-Policy"]
    (directive,) = [part.strip() for part in policy.split(";") if part.strip().startswith("form-action")]
    assert directive.split() == ["form-action", "'self'", source.url]
    assert visitor.page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in visitor.page.headers["Cache-Control"]
