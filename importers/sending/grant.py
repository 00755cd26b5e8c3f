"""What a person granted: the access token, and what refreshes it (RFC 6749, sections 1.5 and 6)."""

from dataclasses import dataclass, field

import httpx

from importers.sending.answer import ItemResponse
from importers.sending.errors import RefreshRefused, SessionInvalidated, Unanswered


@dataclass
class Grant:
    """An access token and, if it can be refreshed, the refresh token with the exporter's own credentials."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def can_refresh(self) -> bool:
        """True when there is all that a refresh needs. Public clients have no secret."""
        return bool(self.refresh_token and self.client_id)

    def refresh(self, client: httpx.Client, url: str) -> None:
        """Asks for a new access token; a new refresh token replaces the old one.

        Raises `SessionInvalidated` when the server ended the connection for good, `RefreshRefused` or `Unanswered` for
        any other failure: those may pass, and the same refresh token stays good for another try.
        """
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if not self.client_secret:
            del form["client_secret"]
        try:
            with client.stream("POST", url, data=form, headers={"Accept": "application/json"}) as response:
                answer = ItemResponse.read(response)
        except httpx.RequestError as error:
            raise Unanswered(f"no answer to the refresh: {type(error).__name__}") from error
        if answer.status == 401 and answer.error == "session_invalidated":
            raise SessionInvalidated(answer.description)
        if not answer.is_success:
            raise RefreshRefused(answer.status, answer.error or "refresh refused", answer.description)
        if not answer.text("access_token"):
            raise RefreshRefused(answer.status, "refresh failed", "the answer has no access_token")
        self.access_token = answer.text("access_token")
        self.refresh_token = answer.text("refresh_token") or self.refresh_token
