"""The wizard that leads somebody through both sides of a move, with two other servers on real sockets."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.contrib.sessions.models import Session
from oauth2_provider.models import AccessToken

from accounts.models import User
from accounts.tasks import clear_expired_tokens
from moves.models import Move
from moves.peers import secrets as at_rest
from moves.wizard import addresses
from tests.support.wizard_peer import WizardPeer
from tests.support.worker import PASSWORD, person

OURS = {"status": "OK", "name": "Wharf"}


class _Forms(HTMLParser):
    """Every form of a page: where it leads, and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self.found.append((str(named.get("action") or ""), {}))
        elif tag == "input" and named.get("name") and (named.get("type") != "radio" or "checked" in named):
            self.found[-1][1][str(named["name"])] = named.get("value") or ""


class Browser:
    """Somebody who reads the wizard's pages, types, presses buttons, and is sent to and fro."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server, follow_redirects=True, timeout=30)
        self.page = self.http.get("/move/start")

    @property
    def words(self) -> str:
        """The page as it is read."""
        text = re.sub(r"<[^>]+>", " ", self.page.text.partition("<main ")[2].partition(">")[2])
        return re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split())).replace("&#x27;", "'")

    @property
    def at(self) -> str:
        return self.page.url.path

    def forms(self) -> list[tuple[str, dict[str, str]]]:
        parser = _Forms()
        parser.feed(self.page.text)
        return parser.found

    def submit(self, action: str, **fields: str) -> "Browser":
        """Presses the button of the first form that leads there."""
        known = next(known for where, known in self.forms() if (where.endswith(action) if action else not where))
        self.page = self.http.post(action or self.page.url, data=known | fields)
        return self

    def open(self, address: str) -> "Browser":
        self.page = self.http.get(address)
        return self

    def type(self, address: str) -> "Browser":
        """Types an address into the step that is shown."""
        known = next(known for _, known in self.forms() if "address" in known)
        self.page = self.http.post("/move/start", data=known | {"address": address})
        return self

    def go_there(self) -> "Browser":
        """Follows the link to the other server, where the person decides, and what comes back."""
        return self.open(self.link)

    @property
    def link(self) -> str:
        found = re.search(r'class="button" href="(http[^"]+)"', self.page.text)
        assert found, self.words
        return found[1].replace("&amp;", "&")

    def choose(self, address: str) -> "Browser":
        return self.type(address).go_there()

    @property
    def handed_over(self) -> tuple[str, dict[str, str]]:
        """Where the last page's form leads, and what it posts there."""
        return next(form for form in self.forms() if form[0].endswith("/move/request"))


@pytest.fixture(autouse=True)
def at_its_address(settings: Any, server: str) -> None:
    """The wizard knows the address of the server that the test has started, and may call others on this computer."""
    settings.WHARF_BASE_URL = server
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def peers() -> Iterator[Callable[..., WizardPeer]]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(WizardPeer(**how))


@pytest.fixture
def browser(server: str) -> Iterator[Browser]:
    browser = Browser(server)
    yield browser
    browser.http.close()


def pass_time(hours: float) -> None:
    """What the browsers' journeys say about times, moved into the past."""
    for row in Session.objects.all():
        kept = json.loads(at_rest.decrypt(row.session_data))
        for one in (kept["source"], kept["target"], *kept["asks"]):
            for name in ("given_at", "at"):
                if one and name in one:
                    one[name] = (datetime.fromisoformat(one[name]) - timedelta(hours=hours)).isoformat()
        row.session_data = at_rest.encrypt(json.dumps(kept))
        row.expire_date -= timedelta(hours=hours)
        row.save()


def both(browser: Browser, source: WizardPeer, target: WizardPeer) -> Browser:
    browser.choose(source.url).choose(target.url)
    assert browser.at == "/move/start/check", browser.words
    return browser


# The whole way


def test_two_typed_addresses_lead_to_the_source_that_is_asked_to_move(browser: Browser, peers: Any) -> None:
    source, target = peers(used=1_500_000), peers(quota=9_000_000)
    assert "Where is your account now?" in browser.words
    browser.type(f"{source.url}/some/page?with=query#and-more")
    assert browser.at == "/move/start/leave"
    assert source.host in browser.words
    browser.go_there()
    assert browser.at == "/move/start"
    assert "Where does your account go?" in browser.words
    assert f"You leave {source.host} 1.5 MB of data." in browser.words
    browser.choose(target.url)
    assert browser.at == "/move/start/check"
    assert f"Everything you have at {source.host}, 1.5 MB, would go to {target.host}." in browser.words
    where, form = browser.handed_over
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


def test_it_registers_at_the_target_as_the_protocol_says(browser: Browser, peers: Any, server: str) -> None:
    source, target = peers(), peers()
    both(browser, source, target)
    (registration,) = target.called("POST /auth/register")
    assert registration.json.keys() == {
        "client_name",
        "client_kind",
        "client_uri",
        "redirect_uris",
        "software_id",
        "software_version",
    }
    assert registration.json["redirect_uris"] == [f"{server}/callback/target"]
    assert not source.called("POST /auth/register")
    (exchange,) = target.called("POST /auth/access_token")
    assert exchange.form.keys() == {"grant_type", "code", "client_id", "client_secret"}
    assert not source.called("POST /auth/access_token")
    assert source.called("GET /move/authorize")[0].query.keys() == {"state", "redirect_uri"}
    assert target.called("GET /auth/authorize/move")[0].query.keys() == {"state", "redirect_uri", "client_id"}


@pytest.mark.parametrize("how", ["query", "form", "GET"])
def test_beginning_in_the_settings_of_the_source_leads_to_the_choice_of_the_target(
    browser: Browser, peers: Any, how: str
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
    # The browser comes from another site: it sends no cookie of ours, and no CSRF token.
    sent = {"params": given} if how != "form" else {"data": given}
    browser.page = browser.http.request("GET" if how == "GET" else "POST", "/initialize", **sent)  # type: ignore[arg-type]
    assert (browser.at, browser.page.url.query) == ("/move/start", b"")
    assert f"You leave {source.host} 2 MB of data. It has agreed." in browser.words
    browser.choose(target.url)
    form = browser.handed_over[1]
    assert form.keys() >= {"token", "client_id", "client_secret", "target_token", "ignore_vault"}
    assert "code" not in form
    assert source.requested(form)


def test_a_code_of_the_settings_that_is_too_old_says_so(browser: Browser, peers: Any) -> None:
    source = peers()
    client_id = source.new_client()
    given = {"code": "old", "cozy_url": source.url, "client_id": client_id, "client_secret": "wrong"}
    browser.page = browser.http.post("/initialize", params=given)
    assert browser.page.status_code == 400
    assert "it lives for an hour" in browser.words
    assert "Go back to your settings and begin again." in browser.words


def test_beginning_anew_elsewhere_takes_no_target_along(browser: Browser, peers: Any) -> None:
    first, target, second = peers(), peers(), peers()
    both(browser, first, target)
    browser.open(f"/initialize?code={second.new_code()}&cozy_url={second.url}")
    assert browser.at == "/move/start"
    assert f"You leave {second.host}" in browser.words
    assert target.host not in browser.words


@pytest.mark.parametrize(("site", "named"), [("same-origin", True), ("cross-site", False)])
def test_only_this_servers_own_settings_are_believed_about_whose_account_it_is(
    browser: Browser, settings: Any, server: str, site: str, named: bool
) -> None:
    settings.WHARF_MOVE_URL = server
    person("ada")
    browser.open("/settings/move").submit("", username="ada", password=PASSWORD)
    answer = browser.http.post("/move/initialize", headers={"Origin": server}, follow_redirects=False)
    assert answer.status_code == 307
    browser.page = browser.http.post(answer.headers["Location"], headers={"Sec-Fetch-Site": site})
    assert (f"You leave ada at {urlsplit(server).netloc}" in browser.words) is named
    assert "Where does your account go?" in browser.words


# Swapping


def test_swapping_asks_only_for_the_leave_that_is_missing(browser: Browser, peers: Any) -> None:
    first, second = peers(), peers()
    both(browser, first, second)
    browser.submit("/move/start/swap")
    assert browser.at == "/move/start"
    assert f"{first.host} has to agree to the new direction" in browser.words
    assert f"You leave {second.host}" in browser.words
    browser.submit("/move/start").go_there()
    assert browser.at == "/move/start/check"
    assert (len(first.called("POST /auth/register")), len(second.called("POST /auth/register"))) == (1, 1)
    assert not second.called("GET /move/authorize")
    where, form = browser.handed_over
    assert where == f"{second.url}/move/request"
    assert form["target_url"] == f"{first.url}/"
    assert second.requested(form)
    browser.submit("/move/start/swap")
    assert browser.at == "/move/start/check"
    where, form = browser.handed_over
    assert where == f"{first.url}/move/request"
    assert first.requested(form)


def test_who_swaps_by_mistake_swaps_back(browser: Browser, peers: Any) -> None:
    first, second = peers(), peers()
    both(browser, first, second).submit("/move/start/swap").submit("/move/start/swap")
    assert browser.at == "/move/start/check"
    assert browser.handed_over[0] == f"{first.url}/move/request"
    assert not first.called("POST /auth/register")


# What is said before it begins


def test_what_does_not_fit_is_said(browser: Browser, peers: Any) -> None:
    both(browser, peers(used=9_000_000), peers(status=OURS, used=3_000_000, quota=10_000_000))
    assert "It will not fit." in browser.words
    assert "has 7 MB of room, and 9 MB would arrive: 2 MB too much." in browser.words
    assert "I know that it doesn’t fit, and want to try." in browser.words


def test_what_fits_or_has_no_limit_is_not_warned_of(browser: Browser, peers: Any) -> None:
    both(browser, peers(used=7_000_000), peers(status=OURS, used=3_000_000, quota=10_000_000))
    assert "fit" not in browser.words
    browser.submit("/move/start/change/target").choose(peers(status=OURS, quota=None).url)
    assert "fit" not in browser.words
    assert "with no limit" in browser.words


def test_a_target_that_deletes_first_is_warned_of_and_one_that_merges_is_not(browser: Browser, peers: Any) -> None:
    both(browser, peers(), peers(used=3_000_000))
    assert "now will be deleted first." in browser.words
    assert "It has 3 MB of yours." in browser.words
    assert "checked that everything arrived" not in browser.words
    browser.submit("/move/start/change/target").choose(peers(status=OURS).url)
    assert "deleted" not in browser.words
    assert "already stays" in browser.words
    assert "has checked what came" in browser.words


def test_passwords_are_asked_about_only_where_there_are_some(browser: Browser, peers: Any) -> None:
    source = peers(vault=True)
    both(browser, source, peers())
    assert "Your passwords do not come along by themselves" in browser.words
    assert browser.handed_over[1]["ignore_vault"] == ""
    assert 'name="ignore_vault" value="true"' in browser.page.text
    source.vault = False
    browser.submit("/move/start/change/source").choose(source.url)
    assert "ignore_vault" not in browser.page.text


@pytest.mark.parametrize("used", ["", "-5", "1e9", "٣", "9" * 40, "<script>"])
def test_sizes_that_are_none_are_not_believed(browser: Browser, peers: Any, used: str) -> None:
    source = peers()
    source.used = used
    browser.choose(source.url)
    assert "Where does your account go?" in browser.words
    assert "of data" not in browser.words
    assert "<script>" not in browser.page.text


def test_the_page_may_post_to_the_source_and_nowhere_else(browser: Browser, peers: Any) -> None:
    source = peers()
    both(browser, source, peers())
    policy = browser.page.headers["Content-Security-Policy"]
    (directive,) = [part.strip() for part in policy.split(";") if part.strip().startswith("form-action")]
    assert directive.split() == ["form-action", "'self'", source.url]
    assert browser.page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in browser.page.headers["Cache-Control"]


# Answers that are no answers


def test_an_answer_works_once(browser: Browser, peers: Any) -> None:
    source = peers()
    browser.type(source.url)
    with httpx.Client() as there:
        answer = there.get(browser.link).headers["Location"]
    assert browser.open(answer).at == "/move/start"
    assert f"You leave {source.host}" in browser.words
    assert browser.open(answer).page.status_code == 400
    assert "belongs to no question of yours" in browser.words
    assert f"You leave {source.host}" in browser.open("/move/start").words


def test_an_answer_for_another_browser_or_another_side_is_refused(browser: Browser, peers: Any) -> None:
    source = peers()
    browser.type(source.url)
    with httpx.Client() as there:
        answer = there.get(browser.link).headers["Location"]
    with httpx.Client() as stranger:
        refused = stranger.get(answer)
        assert (refused.status_code, refused.headers["Referrer-Policy"]) == (400, "no-referrer")
        assert not stranger.cookies.get("wharf_move")
    assert browser.open(answer.replace("/callback/source", "/callback/target")).page.status_code == 400
    assert browser.open("/callback/source?code=x").page.status_code == 400
    assert browser.open("/callback/source?code=x&state=é").page.status_code == 400
    assert browser.open(answer).at == "/move/start"


def test_who_does_not_allow_it_comes_back_to_the_choice(browser: Browser, peers: Any) -> None:
    source = peers(denies=True)
    browser.choose(source.url)
    assert browser.at == "/move/start"
    assert f"You did not allow it at {source.host}. Nothing has happened." in browser.words
    assert "Where is your account now?" in browser.words


def test_an_answer_that_another_server_issued_is_refused(browser: Browser, peers: Any) -> None:
    source = peers(iss="https://honest.example")
    browser.choose(source.url)
    assert f"The answer does not come from {source.host}" in browser.words
    source.iss = source.url
    assert "Where does your account go?" in browser.choose(source.url).words


def test_a_code_that_came_too_late_says_so_and_is_asked_for_again(browser: Browser, peers: Any) -> None:
    source = peers()
    both(browser, source, peers())
    assert "has agreed for another 59 minutes" in browser.words
    pass_time(hours=1)
    browser.open("/move/start/check")
    assert browser.at == "/move/start"
    assert f"{source.host} has to be asked again" in browser.words
    browser.submit("/move/start").go_there()
    assert browser.at == "/move/start/check"
    assert source.requested(browser.handed_over[1])


def test_a_question_that_was_answered_too_late_says_so(browser: Browser, peers: Any) -> None:
    source = peers()
    link = browser.type(source.url).link
    pass_time(hours=1.1)
    browser.open(link)
    assert f"{source.host} answered too late: its leave lives for an hour." in browser.words


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"broken": {"/auth/access_token": 400}}, "it lives for an hour. Ask it again."),
        ({"broken": {"/auth/access_token": 503}}, "it is not available right now. Ask it again."),
        ({"scope": "io.cozy.files"}, "gave leave for something else than a move"),
        ({"broken": {"/auth/register": 404}}, "doesn't take accounts in"),
        ({"broken": {"/auth/register": 429}}, "asked too often just now"),
        ({"broken": {"/status": 404}}, "There is no server at"),
        ({"broken": {"/status": 502}}, "the server behind it does not run"),
        ({"status": ["what"]}, "There is no server at"),
    ],
)
def test_a_target_that_can_not_be_one_says_why(browser: Browser, peers: Any, how: dict[str, Any], said: str) -> None:
    target = peers(**how)
    browser.choose(peers().url).type(target.url)
    if browser.at == "/move/start/leave":
        browser.go_there()
    assert browser.at == "/move/start"
    assert said in browser.words
    assert "Where does your account go?" in browser.words


def test_a_server_that_lives_elsewhere_is_asked_there(browser: Browser, peers: Any) -> None:
    there = peers()
    browser.type(peers(sends_to=there.url).url)
    assert urlsplit(browser.link).netloc == there.host
    browser.open("/move/start").type(peers(sends_to=f"{there.url}/welcome?").url)
    assert "There is no server at" in browser.words


@pytest.mark.parametrize("answer", [[], {}, {"client_id": 5}, {"client_id": "x", "client_secret": "y" * 9_000}])
def test_a_registration_that_makes_no_sense_says_so(browser: Browser, peers: Any, answer: Any) -> None:
    browser.choose(peers().url).type(peers(registers=answer).url)
    assert browser.page.status_code == 422
    assert "can't be used" in browser.words or "not with an object" in browser.words


# What people type


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        ("  Example.ORG/anything?x#y ", "https://example.org"),
        ("https://example.org:443/#/files", "https://example.org"),
        ("<https://example.org/>", "https://example.org"),
        ("//example.org/", "https://example.org"),
        ("http://example.org", "http://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("example.org.", "https://example.org"),
        ("ada.mycozy.cloud", "https://ada.mycozy.cloud"),
        ("https://ada-drive.mycozy.cloud/#/folder/io.cozy.files.root-dir", "https://ada-drive.mycozy.cloud"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("example.org:8443", "https://example.org:8443"),
        ("localhost:9000", "http://localhost:9000"),
        ("http://nas/", "http://nas"),
        ("[2001:db8::1]:8000", "https://[2001:db8::1]:8000"),
    ],
)
def test_an_address_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    assert addresses.origin(typed) == meant


def test_in_production_no_server_is_called_without_tls(settings: Any) -> None:
    settings.PRODUCTION = True
    assert addresses.origin("http://example.org:80/") == "https://example.org"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("   ", "Type the address of the server"),
        ("ada@example.org", "That looks like an e-mail address."),
        ("https://ada:secret@example.org", "That looks like an e-mail address."),
        ("mycozy", "is not the whole address"),
        ("ftp://example.org", "begins with ftp:// can't be used"),
        ("exa mple.org", "That is no address of a server."),
        ("example..org", "is no address of a server."),
        ("example.org:99999", "is no address of a server."),
        ("https://", "is no address of a server."),
        ("a" * 2_001, "at most 2000 characters"),
        ("ex\u202eample.org", "no address of a server."),
        ("[::1", "is no address of a server."),
    ],
)
def test_what_is_no_address_says_what_to_type(browser: Browser, typed: str, said: str) -> None:
    browser.type(typed)
    assert browser.page.status_code == 422
    assert said in browser.words
    assert "secret" not in browser.words
    assert not Session.objects.exists()


def test_the_address_of_an_application_hints_at_its_cozy(browser: Browser) -> None:
    browser.type("ada-drive.wharf-tests.invalid")
    assert "Did you mean ada.wharf-tests.invalid?" in browser.words


def test_private_addresses_are_not_called_but_this_server_itself_is(
    browser: Browser, peers: Any, settings: Any, server: str
) -> None:
    settings.WHARF_TRUSTED_NETWORKS = []
    private = peers()
    browser.type(private.url)
    assert "WHARF_TRUSTED_NETWORKS" in browser.words
    assert private.server.calls == []
    known = next(known for _, known in browser.forms() if known.get("address") == server)
    answer = browser.http.post("/move/start", data=known, follow_redirects=False)
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{server}/move/authorize"
    assert dict(parse_qsl(where.query))["redirect_uri"] == f"{server}/callback/source"


def test_an_account_does_not_move_to_itself(browser: Browser, peers: Any) -> None:
    cozy = peers()
    browser.choose(cozy.url).type(cozy.url)
    assert "an account can't move to itself" in browser.words


def test_two_accounts_of_one_server_are_two_sides(browser: Browser, peers: Any) -> None:
    wharf = peers(status=OURS, account="ada")
    browser.choose(wharf.url)
    assert f"You leave ada at {wharf.host}" in browser.words
    browser.type(wharf.url)
    assert "Both accounts are at this server." in browser.words
    wharf.account = "bob"
    browser.go_there()
    assert f"ada at {wharf.host}" in browser.words
    assert f"bob at {wharf.host}" in browser.words
    assert browser.handed_over[1]["target_url"] == f"{wharf.url}/"


def test_one_account_of_a_server_is_not_both_sides(browser: Browser, peers: Any) -> None:
    wharf = peers(status=OURS, account="ada")
    both(browser, wharf, wharf)
    assert "Both sides are the same account." in browser.words
    assert not any(where.endswith("/move/request") for where, _ in browser.forms())
    browser.submit("/move/start/change/source")
    assert "Where is your account now?" in browser.words


def test_both_sides_can_be_this_very_server(browser: Browser, settings: Any, server: str) -> None:
    settings.WHARF_MOVE_URL = server
    settings.WHARF_TRUSTED_NETWORKS = []
    ada, bob = person("ada"), person("bob")
    User.objects.filter(pk=ada.pk).update(used_bytes=2_000_000)
    browser.type(server)
    assert browser.at == "/auth/login"
    browser.submit("", username="ada", password=PASSWORD)
    assert browser.at == "/move/start", browser.words
    assert f"You leave ada at {urlsplit(server).netloc} 2 MB of data" in browser.words
    browser.submit("/auth/logout").open("/move/start").type(server)
    assert "Both accounts are at this server." in browser.words
    browser.go_there()
    assert browser.at == "/auth/authorize/move"
    browser.submit("", username="bob", password=PASSWORD)
    assert browser.at == "/move/start/check", browser.words
    assert "now will be deleted" not in browser.words
    where, form = browser.handed_over
    assert where == f"{server}/move/request"
    answer = browser.http.post(where, data=form)
    assert answer.status_code == 200, answer.text
    move = Move.objects.get()
    assert (move.owner, move.peer_url) == (ada, f"{server}/")
    assert AccessToken.objects.get(user=bob).scope == "io.cozy.exports.requests io.cozy.imports"


def test_it_begins_where_answers_come_back_to(http: httpx.Client, settings: Any, server: str) -> None:
    assert http.get("/move/start", headers={"Host": "localhost:80"}).headers["Location"] == f"{server}/move/start"
    settings.SECURE_SSL_REDIRECT = True
    settings.WHARF_BASE_URL = "https://wharf.example"
    assert http.get("/move/start").headers["Location"] == "https://wharf.example/move/start"


# What is kept


def test_what_is_kept_is_encrypted_named_by_a_hash_and_deleted_in_time(browser: Browser, peers: Any) -> None:
    source, target = peers(), peers()
    both(browser, source, target)
    cookie = next(cookie for cookie in browser.http.cookies.jar if cookie.name == "wharf_move")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    (row,) = Session.objects.all()
    for secret in (*browser.handed_over[1].values(), str(cookie.value)):
        assert secret not in row.session_data + row.session_key
    pass_time(hours=6.1)
    assert "Where is your account now?" in browser.open("/move/start").words
    clear_expired_tokens()
    assert not Session.objects.exists()


def test_who_is_lost_begins_from_the_start_and_nothing_is_kept(browser: Browser, peers: Any) -> None:
    both(browser, peers(), peers()).submit("/move/start/again")
    assert "Where is your account now?" in browser.words
    assert not Session.objects.exists()


def test_secrets_stand_in_no_log_and_in_no_address(
    browser: Browser, peers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    both(browser, peers(vault=True), peers())
    form = browser.handed_over[1]
    for name in ("code", "target_token", "target_client_secret"):
        assert form[name] not in "".join(record.getMessage() for record in caplog.records if "wharf" in record.name)
        assert form[name] not in str(browser.page.url)


@pytest.mark.parametrize("path", ["start", "start/swap", "start/change/source", "start/again"])
def test_no_other_site_presses_its_buttons(browser: Browser, path: str) -> None:
    assert browser.http.post(f"/move/{path}").status_code == 403
    assert browser.http.get(f"/move/{path}").status_code == (200 if path == "start" else 405)


def test_one_address_does_not_call_for_ever(browser: Browser, peers: Any) -> None:
    cozy = peers()
    for _ in range(60):
        browser.open("/move/start").type(cozy.url)
    assert browser.at == "/move/start/leave"
    assert browser.open("/move/start").type(cozy.url).page.status_code == 429
    assert browser.http.get(f"/initialize?code=x&cozy_url={cozy.url}").status_code == 429
