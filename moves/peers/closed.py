"""Whether a server that answers is open: a Cozy that has moved, or is shut, may answer `GET /status` all the same."""

from moves.peers.client import call
from moves.peers.errors import MOVED_AWAY, PeerError

SHUT = 503  # as a Cozy is while it takes an account in


def why_closed(origin: str, *, deadline: float) -> PeerError | None:
    """What a server answers, to a program or to people, where it has moved (410) or is shut (503); None where it is
    open. `deadline`: seconds for each of two calls."""
    try:
        call("POST", f"{origin}/auth/access_token", form={}, deadline=deadline)
    except PeerError as failed:
        if failed.status in (MOVED_AWAY, SHUT):
            return failed
    try:
        call("GET", f"{origin}/", accept="text/html", follow=False, deadline=deadline)
    except PeerError as failed:
        if failed.status in (MOVED_AWAY, SHUT):
            return failed
    return None
