"""The hint by which a person is shown the progress at the target, on whichever device the mailed link is opened.

Only a browser in which a password of the target was typed has the cookie for the progress there (see
moves/imports/progress/cookie.py). So the source's redirect to the target's page says, for twelve hours, which move it
is about, with an HMAC-SHA-256 (RFC 2104) whose key is the SHA-256 of the target's token: both servers have that, and
nobody else. It opens the progress and nothing else; a Cozy ignores it.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from accounts.models import User
from moves.models import Move
from moves.models.move import Side
from moves.moving.addresses import Address, own

GOOD_FOR = timedelta(hours=12)
CLOCKS = timedelta(minutes=10)  # by which the two servers' may differ
MOST_CANDIDATES = 100  # moves that say they are the same one: any server may say so of its own
MOVE_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
PAGE = "/move/importing"


def progress_address(move: Move) -> str:
    """Returns the address of the target's page, for whoever has opened the source's mailed link."""
    page = move.peer_url.rstrip("/") + PAGE
    if not move.peer_token:
        return page
    key = hashlib.sha256(move.peer_token.encode()).digest()
    source, expires = own().origin, str(int(time.time() + GOOD_FOR.total_seconds()))
    said = {"source": source, "move": move.doc_id, "expires": expires}
    return f"{page}?{urlencode({**said, 'hint': _signed(key, source, move.doc_id, expires)})}"


def hinted(said: Mapping[str, str]) -> User | None:
    """Returns whose arrival a hint is about; None where it is none, or not one of the source's, or too old."""
    source, move, expires, hint = (said.get(name, "") for name in ("source", "move", "expires", "hint"))
    found = Address.read(source)
    if found is None or not MOVE_ID.fullmatch(move) or not _is_good(expires):
        return None
    named = Move.objects.filter(side=Side.TARGET, peer_move=move, owner__is_active=True)
    for candidate in named.select_related("owner").order_by("-pk")[:MOST_CANDIDATES]:
        if candidate.peer != found.host:  # of a source that is announced, the host is all that is known
            continue
        key = bytes.fromhex(candidate.token_checksum)
        if hmac.compare_digest(_signed(key, source, move, expires).encode(), hint.encode()):
            return candidate.owner
    return None


def _signed(key: bytes, source: str, move: str, expires: str) -> str:
    return hmac.new(key, f"{source}\n{move}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _is_good(expires: str) -> bool:
    if not expires.isdecimal() or len(expires) > 12:
        return False
    left = int(expires) - time.time()
    return 0 < left <= (GOOD_FOR + CLOCKS).total_seconds()
