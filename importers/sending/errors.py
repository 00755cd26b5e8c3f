"""Why an item was not taken, and why a job cannot go on: each reason once, as a sentence for whoever must act."""


class ItemFailed(Exception):
    """One item was not taken; the next one may well be. Its text is the reason."""


class ItemRefused(ItemFailed):
    """The server answered 4xx or 5xx; `code` and `description` are its `error` and `error_description`, if any."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(" ".join(part for part in (str(status), code, description and f"({description})") if part))
        self.status = status
        self.code = code
        self.description = description

    @property
    def is_invalid_token(self) -> bool:
        """True for the one answer that a fresh access token mends (RFC 6750, section 3.1)."""
        return self.status == 401 and self.code == "invalid_token"

    @property
    def is_destination_full(self) -> bool:
        """True when the account there has no room left."""
        return self.status == 413 and self.code == "destination_full"

    @property
    def concerns_whole_vertical(self) -> bool:
        """True when its whole vertical would get the same answer: there is no such vertical, or no right to it."""
        return self.status == 404 or (self.status == 403 and self.code == "insufficient_scope")


class RefreshRefused(ItemRefused):
    """A refresh was answered by an error that is not `session_invalidated`. It may pass."""


class Unanswered(ItemFailed):
    """The connection could not be made, broke, or was silent for too long."""


class FileChanged(ItemFailed):
    """The file was written to while it was sent, so the upload was broken off; half of two states is no file."""


class FileUnreadable(ItemFailed):
    """The file could not be read. What was sent of it, if anything, was broken off."""


class Stopped(Exception):
    """The job cannot go on. Its text says why and what to do."""


class DestinationFull(Stopped):
    """413 `destination_full`, also after a few more tries."""

    def __init__(self, description: str) -> None:
        super().__init__(
            f"The destination is full: {_clause(description) or 'it has no room left for this account'}. "
            "Make room there or ask for more, then run the same command again: what is there already is not kept twice."
        )


class SessionInvalidated(Stopped):
    """401 `session_invalidated` to a refresh: the person or the server ended the connection for good."""

    def __init__(self, description: str) -> None:
        super().__init__(
            f"The connection was ended at the destination ({_clause(description) or 'session_invalidated'}). "
            "Connect again there, then run the command with the new token."
        )


class SendingTokenRefused(Stopped):
    """401 `invalid_token`, and no refresh that helps."""

    def __init__(self, description: str, *, can_refresh: bool) -> None:
        advice = (
            "Refreshing it did not help: connect again there, then run the command with the new token."
            if can_refresh
            else "Run the command again with a new token, or with --refresh-token, --client-id and --client-secret, "
            "so that it can be refreshed."
        )
        super().__init__(f"The access token is not accepted ({_clause(description) or 'invalid_token'}). {advice}")


class Redirected(Stopped):
    """A 3xx. It is never followed: a redirected POST arrives without its body, and would be taken for delivered."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(
            f"The server answered {status}, a redirect to {location or 'nowhere'}, which an exporter must not follow. "
            "If that is the right address, give it with --to."
        )


class Unreachable(Stopped):
    """Several items in a row got no answer at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The server does not answer any more ({reason}). Run the same command again when it does: "
            "what is there already is not kept twice."
        )


class SendingInterrupted(Stopped):
    """Ctrl-C."""

    def __init__(self) -> None:
        super().__init__("Interrupted. Run the same command again to go on: what is there already changes nothing.")


def _clause(description: str) -> str:
    """A server's sentence as a part of another one, which brings the full stop."""
    return description.strip().rstrip(".")
