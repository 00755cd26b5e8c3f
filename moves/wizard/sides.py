"""A side of the move, made of what its server sent the browser back with."""

from urllib.parse import urlsplit

from django.http import QueryDict

from accounts.texts import kept_text
from accounts.web_address import WebAddress
from moves.wizard import addresses, clients
from moves.wizard.clients import Unusable
from moves.wizard.journey import Ask, GrantedAccount
from moves.wizard.summary import given_in

TOO_LATE = kept_text("%(host)s answered too late: its leave lives for an hour. Ask it again.")
OTHER_ISSUER = kept_text("The answer does not come from %(host)s, which was asked. Nothing of it was used.")
NOT_ALLOWED = kept_text("You did not allow it at %(host)s. Nothing has happened.")
NO_LEAVE = kept_text("%(host)s gave no leave. Ask it again, or choose another server.")
SENT_NOTHING_USABLE = kept_text("What your server sent along can't be used.")


def answered_side(ask: Ask, answer: QueryDict) -> GrantedAccount:
    """The side that was asked for, by the answer that came back. Raises `Unusable`."""
    if ask.has_expired:
        raise Unusable(TOO_LATE % {"host": ask.host})
    issuer = answer.get("iss", "")
    if (issuer or ask.says_issuer) and not _is_issuer(issuer, ask.url):  # RFC 9207, section 2.4
        raise Unusable(OTHER_ISSUER % {"host": ask.host})
    if answer.get("error") == "access_denied":
        raise Unusable(NOT_ALLOWED % {"host": ask.host})
    code = answer.get("code", "")
    if answer.get("error") or not 0 < len(code) <= clients.LONGEST_CREDENTIAL or not code.isprintable():
        raise Unusable(NO_LEAVE % {"host": ask.host})
    side = GrantedAccount(url=ask.url, ours=ask.ours, **given_in(answer))
    if not ask.client_id:
        side.code = code
        return side
    side.client_id, side.client_secret = ask.client_id, ask.client_secret
    client = clients.Client(ask.client_id, ask.client_secret)
    # A Cozy's wizard names no address here, and a Cozy knows none.
    there = clients.callback(ask.role, ask.place) if ask.ours else ""
    side.token, side.scope = clients.token(ask.url, code, client, ask.role, there)
    return side


def initial_side(given: QueryDict) -> GrantedAccount:
    """The source that sent the browser here, with a code for the client that it made. Raises `Unusable` and
    `BadAddress`."""
    code, client = given.get("code", ""), clients.Client(given.get("client_id", ""), given.get("client_secret", ""))
    if max(map(len, (code, client.client_id, client.client_secret))) > clients.LONGEST_CREDENTIAL:
        raise Unusable(SENT_NOTHING_USABLE)
    server = clients.known(addresses.origin(given.get("cozy_url", "")))
    side = GrantedAccount(url=server.url, ours=server.ours, **given_in(given))
    if not client.client_id:
        side.code = code
        return side
    side.client_id, side.client_secret = client.client_id, client.client_secret
    side.token, side.scope = clients.token(server.url, code, client, "source")
    return side


def _is_issuer(issuer: str, origin: str) -> bool:
    """Whether an issuer is the server at this origin, in whatever spelling."""
    address = WebAddress.read(issuer)
    return address is not None and address.origin == origin and urlsplit(issuer).path in ("", "/")
