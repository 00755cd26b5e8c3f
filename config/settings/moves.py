"""What goes across: calls to other servers, and accounts."""

from datetime import timedelta

from config.settings.place import WHARF_BASE_URL, env

WHARF_TRUSTED_NETWORKS = env.list("WHARF_TRUSTED_NETWORKS", default=[])  # private ones that calls to peers may reach
WHARF_PEER_SILENCE = 60  # seconds without a byte of a peer's answer
WHARF_PEER_CALLS = env.int("WHARF_PEER_CALLS", default=16)  # to other servers that requests make, at once in a process
WHARF_PEER_ANSWER_WITHIN = 8  # seconds for all calls that a request waits for
WHARF_PAGE_ASKS_FOR = 30  # seconds that what a page has asked may take
WHARF_PEER_SLOW_AFTER = 300  # seconds of waiting for a peer, in which at least 64 KiB must come
WHARF_PEER_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60)  # seconds before each try to fetch on, without progress between them
WHARF_MOVE_URL = env.str("WHARF_MOVE_URL", default="").rstrip("/") or WHARF_BASE_URL
WHARF_ARRIVAL_COOKIE_AGE = timedelta(hours=12)  # how long a browser without a login may watch an account arrive
WHARF_KNOWN_WIZARDS = env.list("WHARF_KNOWN_WIZARDS", default=[])  # others that people are sent to without a question
WHARF_MOVE_CONFIRM = timedelta(hours=1)  # in which the mailed link is to be opened
WHARF_MOVE_PATIENCE = timedelta(
    seconds=env.int("WHARF_MOVE_PATIENCE", default=3600)
)  # how long a call to the other server is tried again before the move is called off
WHARF_MOVE_LEASE = timedelta(
    seconds=env.int("WHARF_MOVE_LEASE", default=3 * 3600)
)  # how long a source waits for a sign of life of the target, and a target for its source's archive
WHARF_MOVE_DEADLINE = timedelta(
    seconds=env.int("WHARF_MOVE_DEADLINE", default=3 * 86400)
)  # how long such signs keep a source waiting, and on top of that as long as an import of what it sent may take
WHARF_MOVE_LONGEST = timedelta(days=7)  # a move's token lives so long, so nothing of a move takes longer
WHARF_MOVE_CALL_OFF = timedelta(days=1)  # how long the other server is told again that a move is off
WHARF_MOVE_KEPT = timedelta(days=env.int("WHARF_MOVE_KEPT_DAYS", default=30))  # until a moved account is deleted
WHARF_REGISTRATION_KEPT = timedelta(days=1)  # until a client that registered itself and was never used is removed
