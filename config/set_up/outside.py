"""The server as others see it, at `WHARF_BASE_URL`: through DNS, TLS and the proxy in front."""

from collections.abc import Iterator

from django.conf import settings

from config.set_up.finding import SetUpFinding
from moves.peers.check import Check
from moves.peers.client import call
from moves.peers.errors import PeerError

PROXY = "See docs/operators.md, nginx in front."
NOT_OURS = ("room", "way back")  # of two servers


def seen_from_outside() -> Iterator[SetUpFinding]:
    """Yields what another server would find, and whether people see a page."""
    answers = False
    for found in Check(settings.WHARF_BASE_URL).findings():
        if found.check in NOT_OURS:
            continue
        answers = answers or (found.check == "status" and found.ok is True)
        yield SetUpFinding(f"outside: {found.check}", found.ok, found.sentence, found.advice)
    if answers:
        yield _page()


def _page() -> SetUpFinding:
    """People see the page at which they log in."""
    try:
        call("GET", f"{settings.WHARF_BASE_URL}/auth/login", accept="text/html", follow=False)
    except PeerError as failed:
        why = {
            503: "the proxy does not send X-Forwarded-Proto, or FORWARDED_ALLOW_IPS does not name it",
            400: "the proxy does not pass the Host on, or ALLOWED_HOSTS lacks it",
            500: "the log says why",
        }.get(failed.status or 0, failed.sentence)
        said = f"People see no page at {settings.WHARF_BASE_URL}: {why}."
        return SetUpFinding("outside: pages", False, said, PROXY)
    return SetUpFinding("outside: pages", True, f"People see pages at {settings.WHARF_BASE_URL}.")
