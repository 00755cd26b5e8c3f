"""How an exporter of ours takes every answer: retries, refreshes, and when it stops for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from importers.sending import items
from importers.sending.connection import RETRY_PAUSES, Destination, JobConnection, SendingJob, Watcher
from importers.sending.errors import (
    DestinationFull,
    ItemRefused,
    Redirected,
    SendingTokenRefused,
    SessionInvalidated,
    Unanswered,
)
from importers.sending.grant import Grant
from importers.sending.items import Attachment, OutgoingItem
from tests.support.answers import CREATED, item_refused
from tests.support.fake_server import FakeCall, FakeReply, FakeServer

EXPIRED = item_refused(401, "invalid_token", "The access token expired")
FOLDER = items.folder("/a")


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that would have been slept."""
    return []


@pytest.fixture
def grant() -> Grant:
    return Grant("old-token", "refresh-1", "the-id", "the secret+&=")


@pytest.fixture
def connection(receiver: FakeServer, pauses: list[float], grant: Grant) -> Iterator[JobConnection]:
    with JobConnection(Destination.at(receiver.url), grant, SendingJob.new("Test"), sleep=pauses.append) as opened:
        yield opened


@pytest.mark.parametrize("status", [400, 403, 404, 409, 411, 415, 429, 500, 502, 503])
def test_an_error_is_tried_again_like_a_worker_does(
    receiver: FakeServer, connection: JobConnection, pauses: list[float], status: int
) -> None:
    receiver.otherwise(item_refused(status, "some_error", "For a reason"))

    with pytest.raises(ItemRefused, match=rf"{status} some_error \(For a reason\)"):
        connection.send(FOLDER)

    assert pauses == [1, 1.5, 2.25, 3.375, 5.0625]
    assert len(receiver.calls) == 6
    assert len({call.headers["x-dtp-job-id"] for call in receiver.calls}) == 1


def test_an_error_that_passes_costs_one_pause(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.once = [item_refused(503, "temporarily_unavailable")]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]


@pytest.mark.parametrize("body", [b"<h1>Bad gateway</h1>", b"", b"[1]", b"\xff\xfe", b'{"error": 5}', b"[" * 60_000])
def test_an_error_with_any_body_is_an_error(receiver: FakeServer, connection: JobConnection, body: bytes) -> None:
    receiver.otherwise(FakeReply(502, body))

    with pytest.raises(ItemRefused, match="502"):
        connection.send(FOLDER)


@pytest.mark.parametrize("body", [b"", b"OK", b"{}", b'{"status": "anything"}'])
def test_a_2xx_with_any_body_is_taken(receiver: FakeServer, connection: JobConnection, body: bytes) -> None:
    receiver.once = [FakeReply(200, body)]

    assert connection.send(FOLDER) == "sent"


def test_a_broken_connection_is_tried_again(
    receiver: FakeServer, connection: JobConnection, pauses: list[float], tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"all of it")
    item = items.file("/", "f", "2024-01-01T00:00:00Z", Attachment(tmp_path / "f", "text/plain"))
    receiver.once = [FakeReply(hang_up=True), FakeReply(hang_up=True)]

    assert connection.send(item) == "created"
    assert pauses == [1, 1.5]
    assert [call.parts[1][1] for call in receiver.calls] == [b"all of it"] * 3


def test_a_server_that_is_not_there_is_tried_five_times_more(pauses: list[float], grant: Grant) -> None:
    with FakeServer() as gone:
        destination = Destination.at(gone.url)
    with (
        JobConnection(destination, grant, SendingJob.new("Test"), sleep=pauses.append) as connection,
        pytest.raises(Unanswered, match="no connection"),
    ):
        connection.send(FOLDER)
    assert pauses == list(RETRY_PAUSES)


def test_an_early_answer_is_read_although_the_body_was_not(
    receiver: FakeServer, connection: JobConnection, grant: Grant, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    item = items.file("/", "large", "2024-01-01T00:00:00Z", Attachment(tmp_path / "large", "text/plain"))
    early = item_refused(401, "invalid_token", "The access token expired")
    receiver.once = [FakeReply(401, early.body, early=True), FakeReply(200, {"access_token": "new"})]

    assert connection.send(item) == "created"
    assert grant.access_token == "new"


def test_an_expired_token_is_refreshed_once_and_the_item_sent_again(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.once = [EXPIRED, FakeReply(200, {"access_token": "new-token", "token_type": "Bearer"})]

    assert connection.send(FOLDER) == "created"

    refused, refresh, again = receiver.calls
    assert refused.headers["authorization"] == "Bearer old-token"
    assert refresh.path == "/oauth/refresh"
    assert refresh.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sorted(refresh.body.decode().split("&")) == [
        "client_id=the-id",
        "client_secret=the+secret%2B%26%3D",
        "grant_type=refresh_token",
        "refresh_token=refresh-1",
    ]
    assert again.headers["authorization"] == "Bearer new-token"
    assert again.body == refused.body
    assert pauses == []


def test_a_new_refresh_token_replaces_the_old_one(
    receiver: FakeServer, connection: JobConnection, grant: Grant
) -> None:
    receiver.once = [
        EXPIRED,
        FakeReply(200, {"access_token": "second", "refresh_token": "refresh-2"}),
        CREATED,
        EXPIRED,
        FakeReply(200, {"access_token": "third"}),
    ]

    connection.send(FOLDER)
    connection.send(FOLDER)

    assert (grant.access_token, grant.refresh_token) == ("third", "refresh-2")
    assert b"refresh_token=refresh-2" in receiver.calls[4].body


def test_a_refresh_whose_answer_is_lost_is_sent_again_with_the_same_token(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.once = [EXPIRED, FakeReply(hang_up=True), EXPIRED, FakeReply(200, {"access_token": "new-token"})]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]
    assert receiver.calls[1].body == receiver.calls[3].body


def test_session_invalidated_ends_it_at_once(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.once = [EXPIRED, item_refused(401, "session_invalidated", "You disconnected Test")]

    with pytest.raises(SessionInvalidated, match=r"You disconnected Test.*Connect again"):
        connection.send(FOLDER)
    assert pauses == []


def test_a_refresh_that_fails_otherwise_may_pass(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.once = [EXPIRED, item_refused(500, "server_error"), EXPIRED, FakeReply(200, {"access_token": "new-token"})]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]


def test_a_refresh_that_never_succeeds_stops_the_job(receiver: FakeServer, connection: JobConnection) -> None:
    def answer(call: FakeCall) -> FakeReply:
        return item_refused(400, "invalid_grant") if call.path == "/oauth/refresh" else EXPIRED

    receiver.otherwise(answer)
    with pytest.raises(SendingTokenRefused, match=r"invalid_grant.*connect again"):
        connection.send(FOLDER)
    assert len(receiver.calls) == 12


def test_a_token_that_cannot_be_refreshed_stops_the_job_at_once(receiver: FakeServer, pauses: list[float]) -> None:
    receiver.otherwise(EXPIRED)
    with (
        JobConnection(
            Destination.at(receiver.url), Grant("old"), SendingJob.new("Test"), sleep=pauses.append
        ) as connection,
        pytest.raises(SendingTokenRefused, match=r"The access token expired.*--refresh-token"),
    ):
        connection.send(FOLDER)
    assert (len(receiver.calls), pauses) == (1, [])


def test_a_full_destination_stops_the_job_after_a_few_tries(
    receiver: FakeServer, connection: JobConnection, pauses: list[float]
) -> None:
    receiver.otherwise(item_refused(413, "destination_full", "2 GB of 2 GB are used"))

    with pytest.raises(DestinationFull, match=r"2 GB of 2 GB are used.*run the same command again"):
        connection.send(FOLDER)
    assert pauses == [1, 1.5]


def test_a_payload_that_is_too_large_is_an_ordinary_refusal(receiver: FakeServer, connection: JobConnection) -> None:
    receiver.otherwise(item_refused(413, "payload_too_large"))

    with pytest.raises(ItemRefused, match="payload_too_large"):
        connection.send(FOLDER)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(receiver: FakeServer, connection: JobConnection, status: int) -> None:
    receiver.once = [FakeReply(status, {}, {"Location": f"{receiver.url}/elsewhere"})]

    with pytest.raises(Redirected, match=rf"{status}, a redirect to .*/elsewhere"):
        connection.send(FOLDER)
    assert receiver.paths == ["/import/blobs"]


def test_whoever_watches_is_told_of_every_retry(receiver: FakeServer, connection: JobConnection) -> None:
    told: list[tuple[str, str, float]] = []

    class RetriesHeard(Watcher):
        def retry(self, item: OutgoingItem, reason: str, pause: float) -> None:
            told.append((item.label, reason, pause))

    receiver.once = [item_refused(503, "temporarily_unavailable", "Broker away")]
    connection.send(FOLDER, RetriesHeard())

    assert told == [("/a", "503 temporarily_unavailable (Broker away)", 1)]


def test_secrets_are_in_no_text_of_a_grant(grant: Grant) -> None:
    assert "old-token" not in repr(grant)
    assert "refresh-1" not in repr(grant)
    assert "secret+" not in repr(grant)
