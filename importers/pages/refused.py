"""What was refused, as its person reads it: which item, why, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.oauth.suspended import WORDS
from accounts.sizes import human_size
from accounts.texts import Text
from importers.models import Rejection
from importers.transfers.refused_names import named


@dataclass(frozen=True)
class Cause:
    """Why items are refused with a code, and what their person can do; both sentences."""

    why: Text
    advice: Text


NO_ROOM = Cause(
    _("There was no room for it in your account."),
    _(
        "Make room: throw something away, or ask the operator of this server for more. Then start the transfer again "
        "at the service; what is here already is not taken twice."
    ),
)
CLOSED = Cause(
    _("Your account was closed to new data."),
    _("When it is open again, start the transfer again at the service."),
)
SUSPENDED = Cause(
    _("The operator of this server has suspended the service for a while."),
    _("When it is taken again, start the transfer again at the service."),
)
AGAIN = _("Start the transfer again at the service.")
CAUSES = {
    "insufficient_scope": Cause(
        _("You have not allowed the service to add this kind of data."),
        _("Connect the service once more, and allow this kind."),
    ),
    "invalid_item": Cause(_("Something was missing without which it can’t be kept, such as its file."), AGAIN),
    "invalid_request": Cause(_("It was broken, or cut short on its way."), AGAIN),
    "payload_too_large": Cause(
        _("It is larger than this server takes."), _("Keep it elsewhere, or ask the operator of this server.")
    ),
    "server_error": Cause(
        _("This server made a mistake."), _("Tell the operator of this server, and start the transfer again.")
    ),
    "temporarily_unavailable": Cause(_("A part of this server was away at that moment."), AGAIN),
    "too_many_requests": Cause(_("The service sent more in a minute than this server takes."), AGAIN),
    "unknown_vertical": Cause(
        _("This server does not take this kind of data yet."), _("Keep it at the service until then.")
    ),
}
OTHER = Cause(_("The service sent it in a form that this server can’t read."), _("Tell the operator of this server."))


@dataclass(frozen=True)
class RefusedShown:
    """A refused item on a page. `size` in words, of its file where it had one; `reason`: what the service was told."""

    name: str
    cause: Cause
    size: str
    times: int
    last_at: datetime
    reason: str

    @classmethod
    def of(cls, rejection: Rejection, begins: bytes) -> "RefusedShown":
        """The same of a row, of whose item this is the beginning."""
        size = rejection.file_size or rejection.item_size
        return cls(
            named(begins),
            cause_of(rejection.code, rejection.reason),
            human_size(size) if size else "",
            rejection.times,
            rejection.last_at,
            rejection.reason,
        )


def cause_of(code: str, reason: str) -> Cause:
    """Returns why an item was refused that was answered with this code and this sentence."""
    if code == "destination_full" and reason.startswith(WORDS):
        return SUSPENDED
    if code == "destination_full":
        return NO_ROOM if reason.startswith("No room") else CLOSED
    return CAUSES.get(code, OTHER)
