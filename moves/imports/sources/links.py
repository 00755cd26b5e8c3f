"""The links that a person gets for an export, here or from a Cozy, and the address of the export's document."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from accounts.texts import kept_text
from accounts.web_address import WebAddress
from moves.peers.errors import PeerError, moved_to

ASK_AGAIN = kept_text("Ask for a new export there, and take its link.")
ASK_THERE = kept_text("Ask for a new export there.")
ASK_WHERE_IT_IS = kept_text("If the account has moved, ask for a new export where it is now.")
NO_LINK = kept_text("This is not a link to an export. Copy the link again, whole.")
BEGINS_WITH = kept_text("A link to an export begins with https://.")
BEGINS_WITH_EITHER = kept_text("A link to an export begins with https:// (or http://).")
READABLE_ON_ITS_WAY = kept_text(
    "The link begins with http://, so everything could be read on its way. Ask for one with https://."
)
HAS_A_PASSWORD = kept_text("A link to an export has no user name and no password in it.")
ENDS_OTHERWISE = kept_text(
    "This is not a link to an export: it must end in /#/exports/ or /exports/ and the name of the export. Copy the "
    "link again, whole."
)
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
        return f"{failed.sentence} {ASK_THERE}"
    return f"{failed.sentence} {ASK_WHERE_IT_IS}"


def manifest_urls(link: str) -> list[str]:
    """Returns where the document of the export that a link names may be, the likeliest first.

    Takes the links that people get: `https://HOST/#/exports/OPAQUE`, where a Cozy puts its settings at
    `settings.NAME.DOMAIN` or `NAME-settings.DOMAIN` and the document at `NAME.DOMAIN`; `https://HOST/exports/OPAQUE`,
    the plain page; and `https://HOST/move/exports/OPAQUE` itself, or below it the address of a part. A host that has
    `settings` in its name without being a Cozy's comes second. Raises `BadLink`.
    """
    link = link.strip().strip("<>")
    if len(link) > LONGEST_IMPORT_LINK or not link.isprintable() or " " in link:
        raise BadLink(NO_LINK)
    if not link.lower().startswith(("http://", "https://")):
        raise BadLink(BEGINS_WITH if settings.PRODUCTION else BEGINS_WITH_EITHER)
    address = WebAddress.parse(link)
    if address is None:
        raise BadLink(NO_LINK)
    if settings.PRODUCTION and address.scheme != "https":
        raise PlainLink(READABLE_ON_ITS_WAY)
    if address.has_user:
        raise BadLink(HAS_A_PASSWORD)
    parts = urlsplit(link)
    # In a fragment stands what the page of a Cozy shows; it rules, whatever the path before it.
    found = FRAGMENT.fullmatch(parts.fragment) if parts.fragment else LINK_PATH.fullmatch(parts.path)
    opaque = unquote(found[1]) if found else ""
    if not OPAQUE.fullmatch(opaque):
        raise BadLink(ENDS_OTHERWISE)
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
