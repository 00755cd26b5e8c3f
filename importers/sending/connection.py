"""One kept-alive connection to a server: sends items as a worker does, with its retries and refreshes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit, urlunsplit
from uuid import UUID, uuid4

import httpx

from importers.sending.answer import ItemResponse
from importers.sending.body import body_of
from importers.sending.errors import (
    DestinationFull,
    ItemRefused,
    Redirected,
    RefreshRefused,
    SendingTokenRefused,
    Unanswered,
)
from importers.sending.grant import Grant
from importers.sending.items import OutgoingItem

SILENCE = 10.0  # seconds without a byte, either way, after which a worker gives a connection up
RETRY_PAUSES: tuple[float, ...] = (
    1.0,
    1.5,
    2.25,
    3.375,
    5.0625,
)  # seconds: one, half as much again each time, five times
FULL_PAUSES = RETRY_PAUSES[:2]  # for `destination_full`, which waits for a person
STATUSES = ("created", "updated", "unchanged", "kept")


@dataclass(frozen=True)
class Destination:
    """Where to send: the address that the verticals' paths are added to, and where tokens are refreshed."""

    import_url: str
    refresh_url: str

    @classmethod
    def at(cls, address: str, refresh_url: str = "") -> Self:
        """`https://host`, `https://host/import` or any other address whose last part is the verticals' parent.

        A bare origin gets `/import`; the refresh address is `/oauth/refresh` of the same origin unless it is given.
        Raises `ValueError` for what is not an http or https address.
        """
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{address!r} is not an http or https address")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("the address must not have a user name, a query or a fragment")
        path = parts.path.rstrip("/") or "/import"
        base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        return cls(base, refresh_url or urljoin(base, "/oauth/refresh"))


@dataclass(frozen=True)
class SendingJob:
    """What the headers say of one transfer: the exporter's name, the job, and the series it belongs to, if any."""

    service: str
    job_id: UUID
    recurring_job_id: UUID | None = None

    @classmethod
    def new(cls, service: str, recurring_job_id: UUID | None = None) -> Self:
        """A job of its own, with a random id."""
        return cls(service, uuid4(), recurring_job_id)

    @property
    def headers(self) -> dict[str, str]:
        """The `X-DTP-` headers, the same on every item and every retry."""
        headers = {"X-DTP-Export-Service": self.service, "X-DTP-Job-Id": str(self.job_id)}
        if self.recurring_job_id:
            headers["X-DTP-Recurring-Job-Id"] = str(self.recurring_job_id)
        return headers


class Watcher:
    """What is told how the sending of one item goes on. This one does not listen; the progress bar does."""

    def attempt(self) -> None:
        """A try begins; what was sent of the file before does not count any more."""

    def sent(self, count: int) -> None:
        """`count` more bytes of the file were handed to the connection."""

    def retry(self, item: OutgoingItem, reason: str, pause: float) -> None:
        """The item failed, and will be tried again in `pause` seconds."""


class JobConnection:
    """Sends the items of one job, one after the other.

    `sleep` takes the pauses between tries, in seconds. `trust_env` lets the environment name a proxy.
    """

    def __init__(
        self,
        destination: Destination,
        grant: Grant,
        job: SendingJob,
        *,
        sleep: Callable[[float], None] = time.sleep,
        trust_env: bool = True,
    ) -> None:
        self.destination = destination
        self.grant = grant
        self.job = job
        self._sleep = sleep
        self._client = httpx.Client(
            timeout=SILENCE,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=trust_env,
            headers={"User-Agent": "wharf-send-folder", "Accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, item: OutgoingItem, watcher: Watcher | None = None) -> str:
        """Sends one item, with a worker's retries. Returns what the server says it did: one of `STATUSES`, or `sent`.

        Raises an `ItemFailed` when this item does not get through, a `Stopped` when none would.
        """
        watcher = watcher or Watcher()
        tries = 0
        while True:
            try:
                return self._attempt(item, watcher)
            except (ItemRefused, Unanswered) as failure:
                pauses = FULL_PAUSES if _is_destination_full(failure) else RETRY_PAUSES
                if tries == len(pauses):
                    self._stop_if_hopeless(failure)
                    raise
                watcher.retry(item, str(failure), pauses[tries])
                self._sleep(pauses[tries])
                tries += 1

    def _stop_if_hopeless(self, failure: ItemRefused | Unanswered) -> None:
        if isinstance(failure, ItemRefused) and failure.is_destination_full:
            raise DestinationFull(failure.description) from failure
        if isinstance(failure, RefreshRefused) or (isinstance(failure, ItemRefused) and failure.is_invalid_token):
            raise SendingTokenRefused(
                failure.description or failure.code, can_refresh=self.grant.can_refresh
            ) from failure

    def _attempt(self, item: OutgoingItem, watcher: Watcher) -> str:
        """Sends the item once, and once more if its token had to be refreshed."""
        try:
            return self._post(item, watcher)
        except ItemRefused as refusal:
            if not refusal.is_invalid_token:
                raise
            if not self.grant.can_refresh:
                raise SendingTokenRefused(refusal.description, can_refresh=False) from refusal
        self.grant.refresh(self._client, self.destination.refresh_url)
        return self._post(item, watcher)

    def _post(self, item: OutgoingItem, watcher: Watcher) -> str:
        watcher.attempt()
        url = f"{self.destination.import_url}/{item.vertical}"
        with body_of(item, watcher.sent) as body:
            headers = {
                **self.job.headers,
                "Authorization": f"Bearer {self.grant.access_token}",
                "Content-Type": body.content_type,
                "Content-Length": str(body.length),
            }
            try:
                with self._client.stream("POST", url, content=body.chunks, headers=headers) as response:
                    answer = ItemResponse.read(response)
            except httpx.RequestError as error:
                raise Unanswered(_why_unanswered(error)) from error
        if answer.is_success:
            outcome = answer.text("status")
            return outcome if outcome in STATUSES else "sent"
        if answer.is_redirect:
            raise Redirected(answer.status, answer.location)
        raise ItemRefused(answer.status, answer.error, answer.description)


def _is_destination_full(failure: ItemRefused | Unanswered) -> bool:
    return isinstance(failure, ItemRefused) and failure.is_destination_full


def _why_unanswered(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "no connection to the server"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {SILENCE:.0f} seconds"
    return "the connection broke"
