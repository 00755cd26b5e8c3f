"""Why an item is refused: each reason once, with its status, its code and a sentence for whoever must act.

A worker that gets a 4xx gives up its whole job, so only what cannot be kept is refused.
"""

import errno
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from rest_framework import exceptions

from accounts.oauth.bearer import InsufficientScope, TokenRefused
from accounts.texts import kept_text
from importers.stopping import ServerStops

log = logging.getLogger("wharf.import")

LONGEST_QUOTED = 64  # characters of what was sent that a sentence repeats

# What clients are told is kept, too: its person and the operator read it in their own language.
ACCOUNT_GONE = kept_text("The account of this access token is gone.")
UNKNOWN_VERTICAL = kept_text("Nothing is taken at %(path)s. This server takes %(known)s.")
OF_ITEM = kept_text("%(field)s: %(problem)s", sentences=("problem",))
LENGTH_REQUIRED = kept_text("Send a Content-Length; a chunked body is not taken.")
JSON_TOO_LARGE = kept_text("The JSON of an item may have at most %(limit)s bytes here.")
TOO_MANY_VALUES = kept_text(
    "The JSON of an item may have at most %(limit)s values here. Each list, object, member and element is one.",
    measures=("limit",),
)
MEDIA_TYPE = kept_text("Send application/json or multipart/related with a boundary, not %(got)s.")
NO_MEDIA_TYPE = kept_text("Send application/json or multipart/related with a boundary, not nothing.")
CONTENT_ENCODING = kept_text(
    "Send application/json or multipart/related with a boundary, not a body with a Content-Encoding."
)
TRANSFER_ENCODING = kept_text(
    "The Content-Transfer-Encoding of a part may be base64, quoted-printable, binary, 8bit or 7bit, not %(name)s."
)
TOO_MANY_REQUESTS = kept_text("Too many items in a minute. Go on in %(seconds)s s.")
RESTARTED = kept_text("This server is being restarted. Send the item again.")
SILENT = {
    "database": kept_text("The database of this server does not answer. Send the item again."),
    "storage": kept_text("The storage of this server does not answer. Send the item again."),
    "upload": kept_text("The upload of this server does not answer. Send the item again."),
}
TOO_BUSY = kept_text("This server has as many large items in hand as it takes at once. Send the item again.")
MISTAKE = kept_text("This server made a mistake. Its operator can find it in the log.")
ONLY_POST = kept_text("Items are brought in by POST, and by nothing else.")
DISK_FULL = kept_text("The disk of this server is full. Its operator is told; go on when there is room.")

# What a database or a storage that is gone raises. OSError: the disk.
SERVICE_ERRORS = (DatabaseError, OSError, BotoCoreError, ClientError)

# What the disk says of a file system that is away for a while: of the network, or mounted anew.
PASSING = {
    *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.EAGAIN, errno.EBUSY, errno.EINTR),
    *(errno.EROFS, errno.EACCES, errno.ENODEV, errno.ENXIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
}


@dataclass
class Refusal(Exception):
    """An answer other than 2xx: `{"error": code, "error_description": description}` with `status` and `headers`.

    `description` is what the client reads, and what stands in the rejection.
    """

    status: int
    code: str
    description: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.description}"


def malformed(problem: str) -> Refusal:
    """400: not JSON, not the announced multipart, or cut short."""
    return Refusal(400, "invalid_request", problem)


def invalid_item(field_name: str, problem: str) -> Refusal:
    """400: no item, or one without the file that it must bring; names the field as the sender wrote it.

    What only can't be told from others is no reason: it is kept whole.
    """
    return Refusal(400, "invalid_item", OF_ITEM % {"field": field_name, "problem": problem})


def account_gone() -> Refusal:
    """401: the account was deleted while its item came."""
    return Refusal(401, "invalid_token", ACCOUNT_GONE, {"WWW-Authenticate": "Bearer"})


def unknown_vertical(vertical: str, known: list[str]) -> Refusal:
    """404: a path below /import that takes nothing (yet)."""
    return Refusal(
        404,
        "unknown_vertical",
        UNKNOWN_VERTICAL % {"path": repr(vertical[:LONGEST_QUOTED]), "known": ", ".join(known)},
    )


def length_required() -> Refusal:
    """411 (RFC 9110, section 15.5.12): room is reserved before the bytes come, so their number must be known."""
    return Refusal(411, "length_required", LENGTH_REQUIRED)


def destination_full(reason: str) -> Refusal:
    """413 in the one form that makes a worker stop and tell the person, who can go on later."""
    return Refusal(413, "destination_full", reason)


def payload_too_large(words: str, limit: int) -> Refusal:
    """413: larger than this server takes at all. `words`: what may have at most `limit` bytes, which are put in."""
    return Refusal(413, "payload_too_large", words % {"limit": limit})


def too_many_values(limit: int) -> Refusal:
    """413: JSON that would take many times its size in memory; `limit` in values."""
    return Refusal(413, "payload_too_large", TOO_MANY_VALUES % {"limit": f"{limit:,}"})


def unsupported_media_type(got: str) -> Refusal:
    """415: neither of the two content types of the specification."""
    words = MEDIA_TYPE % {"got": got[:LONGEST_QUOTED]} if got else NO_MEDIA_TYPE
    return Refusal(415, "unsupported_media_type", words)


def content_encoding() -> Refusal:
    """415: a body in an encoding, of which the specification has none."""
    return Refusal(415, "unsupported_media_type", CONTENT_ENCODING)


def unsupported_transfer_encoding(name: str) -> Refusal:
    """415: a part in an encoding that RFC 2045, section 6, does not know."""
    return Refusal(415, "unsupported_media_type", TRANSFER_ENCODING % {"name": repr(name[:LONGEST_QUOTED])})


def too_many_requests(seconds: float) -> Refusal:
    """429: only where the operator has set a limit, since a worker does not read Retry-After and loses the item."""
    wait = max(1, math.ceil(seconds))
    return Refusal(429, "too_many_requests", TOO_MANY_REQUESTS % {"seconds": wait}, {"Retry-After": str(wait)})


def server_stops() -> Refusal:
    """503: the body was still coming when the server had to stop."""
    return Refusal(503, "temporarily_unavailable", RESTARTED, {"Retry-After": "5"})


def temporarily_unavailable(service: str) -> Refusal:
    """503: the database or the storage is gone or locked. `service`: one of `SILENT`."""
    return Refusal(503, "temporarily_unavailable", SILENT[service], {"Retry-After": "5"})


def too_busy() -> Refusal:
    """503: as many large items as this server takes at once are in hand."""
    return Refusal(503, "temporarily_unavailable", TOO_BUSY, {"Retry-After": "5"})


def server_error() -> Refusal:
    """500: a fault of this program."""
    return Refusal(500, "server_error", MISTAKE)


def _is_full(error: Exception) -> bool:
    """Whether a storage or the database has no room left: files, SQLite, PostgreSQL (class 53), S3 (RFC 4918)."""
    match error:
        case OSError():
            return error.errno in (errno.ENOSPC, errno.EDQUOT)
        case ClientError():
            return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.INSUFFICIENT_STORAGE
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == "53100"


def may_pass(error: BaseException) -> bool:
    """Whether one of `SERVICE_ERRORS` may be over in a while, as where a service is restarted or its line is cut."""
    match error:
        case DatabaseError() | OSError() | ClientError() if _is_full(error):
            return False
        # Before OSError: botocore's time-outs are both, and have no number. Nor have those of Python's own sockets.
        case (
            OperationalError() | InterfaceError() | BotoCoreError() | ClientError() | TimeoutError() | ConnectionError()
        ):
            return True
        case OSError():
            return error.errno in PASSING
    return False


def as_refusal(error: Exception) -> Refusal | None:
    """The refusal that an exception comes to, or None where it is a fault of this program."""
    match error:
        case Refusal():
            return error
        case TokenRefused() | InsufficientScope():
            return Refusal(
                error.status_code, error.code, str(error.detail), {"WWW-Authenticate": error.www_authenticate}
            )
        case exceptions.MethodNotAllowed():
            return Refusal(405, "method_not_allowed", ONLY_POST)
        case ServerStops():
            return server_stops()
        case exceptions.Throttled():
            return too_many_requests(getattr(error, "wait", None) or 60)
        case DatabaseError() | OSError() | ClientError() if _is_full(error):
            return destination_full(DISK_FULL)
        case OperationalError() | InterfaceError():
            return temporarily_unavailable("database")
        case OSError() | BotoCoreError() | ClientError():
            return temporarily_unavailable("storage")
    return None
