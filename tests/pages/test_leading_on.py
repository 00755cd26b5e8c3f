"""Who logs in on the way to another server gets there, in a real browser: it holds redirects after a form against the
policy of the form's page."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Page

from moves.models import Move
from moves.moving import tokens
from tests.e2e.browser import chromium
from tests.pages.visitor import PageVisitor
from tests.support.arrivals import announced
from tests.support.worker import PASSWORD, person

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed here")

SECRET = "the-mailed-secret"


@pytest.fixture
def visitor(server: str) -> Iterator[PageVisitor]:
    with PageVisitor(server) as visitor:
        yield visitor


@pytest.fixture
def elsewhere(server: str) -> str:
    """The same server by another name, which is another one for a browser."""
    return server.replace("127.0.0.1", "localhost")


def logging_in(address: str, purpose: str = "") -> Callable[[Page], str]:
    """Opens an address of a server, logs in, and says where that has led. `purpose`: what the log-in says it is for."""

    def act(page: Page) -> str:
        page.goto(address, wait_until="load")
        assert purpose in page.inner_text("main")
        page.fill("[name=username]", "ada")
        page.fill("[name=password]", PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: urlsplit(url).netloc != urlsplit(address).netloc)
        return page.url

    return act


def test_a_move_confirmed_on_a_device_that_is_not_logged_in_leads_to_its_progress(
    visitor: PageVisitor, server: str, elsewhere: str
) -> None:
    announced(
        person("ada"),
        side=Move.Side.SOURCE,
        state=Move.State.WAITING,
        peer_url=f"{elsewhere}/",
        secret_hash=tokens.hashed(SECRET),
        secret_used_at=timezone.now(),
    )
    led = visitor.on_page("", logging_in(f"{server}/move/go?secret={SECRET}", "so you confirm it"))
    assert led.startswith(f"{elsewhere}/move/importing")


def test_a_wizard_that_is_known_here_and_lives_elsewhere_gets_its_answer_after_a_log_in(
    visitor: PageVisitor, server: str, elsewhere: str, settings: LazySettings
) -> None:
    person("ada")
    settings.WHARF_KNOWN_WIZARDS = [elsewhere]
    asked = urlencode({"redirect_uri": f"{elsewhere}/callback/source", "state": "s" * 43})
    led = visitor.on_page("", logging_in(f"{server}/move/authorize?{asked}"))
    assert led.startswith(f"{elsewhere}/callback/source?")
