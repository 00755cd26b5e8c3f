"""The links that a person gets for an export, here or from a Cozy, and the address of the export's document."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from accounts.web_address import WebAddress
from moves.peers.errors import PeerError, moved_to

ASK_AGAIN = "Ask for a new export there, and take its link."
LONGEST_IMPORT_LINK = 2_000  # characters of a link
OPAQUE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~=-]{0,499}")
FRAGMENT = re.compile(r"/?exports/([^/?#]+)/?(?:\?.*)?")
LINK_PATH = re.compile(r"/(?:move/exports|move/exports/data|exports)/([^/]+)/?")


class NoArchive(Exception):
    """No archive is to be had at a link, and why, as a sentence. `temporary`: perhaps later."""

    def __init__(self, sentence: str, *, temporary: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.temporary = temporary


class BadLink(NoArchive):
    """Not a link to an export."""


class PlainLink(BadLink):
    """A link by which everything could be read on its way."""


def has_gone(failed: PeerError) -> str:
    """What is said where a server answers 410: where to its account has moved, if it says so."""
    if moved_to(failed.status, failed.body):
        return f"{failed.sentence} Ask for a new export there."
    return f"{failed.sentence} If the account has moved, ask for a new export where it is now."


def manifest_urls(link: str) -> list[str]:
    """Returns where the document of the export that a link names may be, the likeliest first.

    Takes the links that people get: `https://HOST/#/exports/OPAQUE`, where a Cozy puts its settings at
    `settings.NAME.DOMAIN` or `NAME-settings.DOMAIN` and the document at `NAME.DOMAIN`; `https://HOST/exports/OPAQUE`,
    the plain page; and `https://HOST/move/exports/OPAQUE` itself, or below it the address of a part. A host that has
    `settings` in its name without being a Cozy's comes second. Raises `BadLink`.
    """
    link = link.strip().strip("<>")
    if len(link) > LONGEST_IMPORT_LINK or not link.isprintable() or " " in link:
        raise BadLink("This is not a link to an export. Copy the link again, whole.")
    if not link.lower().startswith(("http://", "https://")):
        begin = "https://" if settings.PRODUCTION else "https:// (or http://)"
        raise BadLink(f"A link to an export begins with {begin}.")
    address = WebAddress.parse(link)
    if address is None:
        raise BadLink("This is not a link to an export. Copy the link again, whole.")
    if settings.PRODUCTION and address.scheme != "https":
        raise PlainLink(
            "The link begins with http://, so everything could be read on its way. Ask for one with https://."
        )
    if address.has_user:
        raise BadLink("A link to an export has no user name and no password in it.")
    parts = urlsplit(link)
    # In a fragment stands what the page of a Cozy shows; it rules, whatever the path before it.
    found = FRAGMENT.fullmatch(parts.fragment) if parts.fragment else LINK_PATH.fullmatch(parts.path)
    opaque = unquote(found[1]) if found else ""
    if not OPAQUE.fullmatch(opaque):
        raise BadLink(
            "This is not a link to an export: it must end in /#/exports/ or /exports/ and the name of the export. "
            "Copy the link again, whole."
        )
    hosts = _hosts(address.hostname) if parts.fragment else [address.hostname]
    servers = [replace(address, hostname=one).authority for one in hosts]
    return [f"{address.scheme}://{server}/move/exports/{quote(opaque)}" for server in servers]


def _hosts(host: str) -> list[str]:
    """Returns the host without what a Cozy adds for its settings, and then as it is."""
    first, dot, rest = host.partition(".")
    if first == "settings" and "." in rest:
        return [rest, host]
    if first.endswith("-settings") and first != "-settings" and rest:
        return [first.removesuffix("-settings") + dot + rest, host]
    return [host]
