"""What a stranger makes the server hold: counted where the bytes come in, before anything is known of them."""

from accounts.sizes import KIB, MIB
from config.settings.place import env

WHARF_CONNECTIONS = env.int("WHARF_CONNECTIONS", default=2000)  # of a web process; fewer, if it may open few files
WHARF_CONNECTIONS_PER_ADDRESS = env.int("WHARF_CONNECTIONS_PER_ADDRESS", default=0)  # 0: half of them
WHARF_LAST_CONNECTIONS = 256  # on top of them: /status is answered there, and 503 to all else; twice what comes at once
WHARF_HEAD_BYTES = env.int("WHARF_HEAD_BYTES", default=32 * KIB)  # of a request line and its headers
WHARF_HEAD_LINES = env.int("WHARF_HEAD_LINES", default=100)
WHARF_HEAD_WITHIN = env.int("WHARF_HEAD_WITHIN", default=10)  # seconds from its first byte
WHARF_FRAMING_BYTES = 16 * KIB  # of extensions and trailers of a body that comes in chunks
WHARF_IDLE_CONNECTION = env.int("WHARF_IDLE_CONNECTION", default=75)  # seconds without a request
WHARF_IDLE_SOCKET = env.int("WHARF_IDLE_SOCKET", default=3600)  # seconds in which a WebSocket brings and gets nothing
WHARF_SLOWEST_BODY = env.int("WHARF_SLOWEST_BODY", default=KIB)  # bytes a second, over the time of the next line
WHARF_BODY_PATIENCE = env.int("WHARF_BODY_PATIENCE", default=60)  # seconds
WHARF_ANSWER_PATIENCE = env.int("WHARF_ANSWER_PATIENCE", default=60)  # seconds in which nothing of an answer is taken
WHARF_CONNECTION_LOOKS_EVERY = 1.0  # seconds between two looks at who has been slow for too long
WHARF_UNREAD_BYTES = env.int("WHARF_UNREAD_BYTES", default=256 * MIB)  # of all answers; the slowest readers go first
WHARF_READ_FIRST = 64 * KIB  # bytes of a body that are read before its sender is known; only uploads may have more
WHARF_READ_KNOWN = MIB  # bytes of an upload with a good token that are read before it gets a thread
WHARF_READ_KNOWN_TOGETHER = 64 * MIB  # of all of them; beyond it, they get their threads earlier
