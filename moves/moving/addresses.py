"""Addresses that people are sent to with a code, and of servers that they move between."""

import re

from django.conf import settings

from accounts.web_address import USUAL_PORTS, WebAddress

CALLBACK = "/callback/source"  # of a wizard, where the source sends the browser
OF_A_QUESTION = re.compile(r"/[\w-]+", re.ASCII)  # what may follow: a wizard has an address for each question


class Address(WebAddress):
    """An address that a browser is sent to with a code, or a server with a token; `read` takes it in."""

    @property
    def is_private_enough(self) -> bool:
        """Whether tokens may be sent there: a server in production sends none in the clear."""
        return self.scheme == "https" or not settings.PRODUCTION

    @property
    def is_known_wizard(self) -> bool:
        """Whether people are sent there without being asked: the callback of a wizard that the operator has named."""
        base = self.url.partition("?")[0]
        wizards = (settings.WHARF_MOVE_URL, *settings.WHARF_KNOWN_WIZARDS)
        return base in wizards or any(_is_callback(base, wizard.rstrip("/") + CALLBACK) for wizard in wizards)


def _is_callback(address: str, callback: str) -> bool:
    """Whether an address is the callback of a wizard, or that of one of its questions."""
    question = address.removeprefix(callback) if address.startswith(callback) else None
    return question is not None and (not question or OF_A_QUESTION.fullmatch(question) is not None)


def own() -> Address:
    """Returns the address of this server. Raises ValueError where `WHARF_BASE_URL` is none."""
    return Address.of(settings.WHARF_BASE_URL)


def is_this_server(address: WebAddress) -> bool:
    """Whether an address is one of this server, by whichever of its names."""
    here = own()
    usual = USUAL_PORTS.values()
    same_port = address.port_called == here.port_called or {address.port_called, here.port_called} <= set(usual)
    return same_port and _plain(address.hostname) in {here.hostname, *map(_plain, settings.ALLOWED_HOSTS)}


def _plain(hostname: str) -> str:
    """A name as it is looked up: without a dot at its end, in the letters of the DNS."""
    name = hostname.strip("[]").rstrip(".")
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


def wizard() -> Address:
    """Returns the wizard that people of this server are sent to. Raises ValueError where `WHARF_MOVE_URL` is none."""
    return Address.of(settings.WHARF_MOVE_URL)
