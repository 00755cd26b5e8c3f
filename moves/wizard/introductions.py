"""Finding out whether the server that a person names can be a side of a move, and asking it for its leave.

No thread of a request waits for that; the page looks again.
"""

import logging
import secrets

from django.http import HttpRequest
from django.utils import timezone

from accounts.texts import kept_text
from moves.peers import asking
from moves.peers.site import site_of
from moves.wizard import addresses, clients, journey
from moves.wizard.clients import Client, PeerServer, Unusable
from moves.wizard.journey import Introduction, Journey, Role

log = logging.getLogger("wharf.moves")

MISTAKE = kept_text("This server made a mistake. Its operator can find it in the log.")
IS_OTHER_SIDE = kept_text("%(host)s is the other side already: an account can't move to itself.")


def begin(request: HttpRequest, role: Role, url: str) -> Journey:
    """Has a server asked. Returns the journey, whose introduction may be open. Raises `NoPlace`."""
    with journey.changed(request) as now:
        now.introduction = Introduction(role=role, url=url)
    return _offer(request, url)


def look(request: HttpRequest) -> Journey:
    """The journey, after another moment. Where nobody asks the server, it is asked once more."""
    now = journey.read(request)
    if now.introduction is not None and now.introduction.is_free:
        return _offer(request, now.introduction.url)
    return now


def _offer(request: HttpRequest, url: str) -> Journey:
    name = journey.name(request)
    asking.ask(request, site_of(url), lambda: _answer(name), key=f"introduction {name}")
    return journey.read(request)


def _answer(name: str) -> None:
    """Asks, and keeps what came of it in the journey; but not where the person has named another server meanwhile."""
    with journey.kept(name) as now:
        if now is None or now.introduction is None or not now.introduction.is_free:
            return
        now.introduction.taken_at = timezone.now()
        mine, before = now.introduction.model_copy(), now
    place = secrets.token_urlsafe(16)
    problem, server, client = "", None, Client("", "")
    try:
        server = _server(mine, before)
        if mine.role == "target":
            client = clients.register(server.url, place)
    except Unusable as unusable:
        problem = str(unusable)
    except Exception:
        _keep(name, mine, MISTAKE)
        raise
    if problem or server is None:
        _keep(name, mine, problem)
    else:
        _ask(name, mine, server, client, place)


def _server(mine: Introduction, now: Journey) -> PeerServer:
    """The server, if it can be this side. Raises `Unusable`."""
    server = clients.known(mine.url)
    opposite = now.target if mine.role == "source" else now.source
    if not server.ours and opposite and opposite.url == server.url:
        raise Unusable(IS_OTHER_SIDE % {"host": addresses.host(mine.url)})
    return server


def _keep(name: str, mine: Introduction, problem: str) -> None:
    """Keeps why it is no side."""
    with journey.kept(name) as now:
        if now is not None and now.introduction is not None and now.introduction.key == mine.key:
            now.introduction.problem = problem


def _ask(name: str, mine: Introduction, server: PeerServer, client: Client, place: str) -> None:
    """Prepares the question for its leave."""
    with journey.kept(name) as now:
        if now is None or now.introduction is None or now.introduction.key != mine.key:
            return
        now.introduction.is_known = True
        now.ask(
            mine.role,
            server.url,
            place=place,
            says_issuer=server.says_issuer,
            ours=server.ours,
            client_id=client.client_id,
            client_secret=client.client_secret,
        )
