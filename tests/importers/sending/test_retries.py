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
from tests.support.recording_server import RecordingServer, Reply, Request, error, recording_server

EXPIRED = error(401, "invalid_token", "The access token expired")
FOLDER = items.folder("/a")


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with recording_server() as recorder:
        yield recorder


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that would have been slept."""
    return []


@pytest.fixture
def grant() -> Grant:
    return Grant("old-token", "refresh-1", "the-id", "the secret+&=")


@pytest.fixture
def connection(server: RecordingServer, pauses: list[float], grant: Grant) -> Iterator[JobConnection]:
    with JobConnection(Destination.at(server.url), grant, SendingJob.new("Test"), sleep=pauses.append) as opened:
        yield opened


@pytest.mark.parametrize("status", [400, 403, 404, 409, 411, 415, 429, 500, 502, 503])
def test_an_error_is_tried_again_like_a_worker_does(
    server: RecordingServer, connection: JobConnection, pauses: list[float], status: int
) -> None:
    server.answer = lambda request: error(status, "some_error", "For a reason")

    with pytest.raises(ItemRefused, match=rf"{status} some_error \(For a reason\)"):
        connection.send(FOLDER)

    assert pauses == [1, 1.5, 2.25, 3.375, 5.0625]
    assert len(server.requests) == 6
    assert len({request.headers["x-dtp-job-id"] for request in server.requests}) == 1


def test_an_error_that_passes_costs_one_pause(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.replies = [error(503, "temporarily_unavailable")]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]


@pytest.mark.parametrize("body", [b"<h1>Bad gateway</h1>", b"", b"[1]", b"\xff\xfe", b'{"error": 5}', b"[" * 60_000])
def test_an_error_with_any_body_is_an_error(server: RecordingServer, connection: JobConnection, body: bytes) -> None:
    server.answer = lambda request: Reply(502, body)

    with pytest.raises(ItemRefused, match="502"):
        connection.send(FOLDER)


@pytest.mark.parametrize("body", [b"", b"OK", b"{}", b'{"status": "anything"}'])
def test_a_2xx_with_any_body_is_taken(server: RecordingServer, connection: JobConnection, body: bytes) -> None:
    server.replies = [Reply(200, body)]

    assert connection.send(FOLDER) == "sent"


def test_a_broken_connection_is_tried_again(
    server: RecordingServer, connection: JobConnection, pauses: list[float], tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"all of it")
    item = items.file("/", "f", "2024-01-01T00:00:00Z", Attachment(tmp_path / "f", "text/plain"))
    server.replies = [Reply(drop=True), Reply(drop=True)]

    assert connection.send(item) == "created"
    assert pauses == [1, 1.5]
    assert [request.parts[1][1] for request in server.requests] == [b"all of it"] * 3


def test_a_server_that_is_not_there_is_tried_five_times_more(pauses: list[float], grant: Grant) -> None:
    with recording_server() as gone:
        destination = Destination.at(gone.url)
    with (
        JobConnection(destination, grant, SendingJob.new("Test"), sleep=pauses.append) as connection,
        pytest.raises(Unanswered, match="no connection"),
    ):
        connection.send(FOLDER)
    assert pauses == list(RETRY_PAUSES)


def test_an_early_answer_is_read_although_the_body_was_not(
    server: RecordingServer, connection: JobConnection, grant: Grant, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    item = items.file("/", "large", "2024-01-01T00:00:00Z", Attachment(tmp_path / "large", "text/plain"))
    early = error(401, "invalid_token", "The access token expired")
    server.replies = [Reply(401, early.body, read_body=False), Reply(200, {"access_token": "new"})]

    assert connection.send(item) == "created"
    assert grant.access_token == "new"


def test_an_expired_token_is_refreshed_once_and_the_item_sent_again(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.replies = [EXPIRED, Reply(200, {"access_token": "new-token", "token_type": "Bearer"})]

    assert connection.send(FOLDER) == "created"

    refused, refresh, again = server.requests
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
    server: RecordingServer, connection: JobConnection, grant: Grant
) -> None:
    server.replies = [
        EXPIRED,
        Reply(200, {"access_token": "second", "refresh_token": "refresh-2"}),
        Reply(),
        EXPIRED,
        Reply(200, {"access_token": "third"}),
    ]

    connection.send(FOLDER)
    connection.send(FOLDER)

    assert (grant.access_token, grant.refresh_token) == ("third", "refresh-2")
    assert b"refresh_token=refresh-2" in server.requests[4].body


def test_a_refresh_whose_answer_is_lost_is_sent_again_with_the_same_token(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.replies = [EXPIRED, Reply(drop=True), EXPIRED, Reply(200, {"access_token": "new-token"})]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]
    assert server.requests[1].body == server.requests[3].body


def test_session_invalidated_ends_it_at_once(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.replies = [EXPIRED, error(401, "session_invalidated", "You disconnected Test")]

    with pytest.raises(SessionInvalidated, match=r"You disconnected Test.*Connect again"):
        connection.send(FOLDER)
    assert pauses == []


def test_a_refresh_that_fails_otherwise_may_pass(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.replies = [EXPIRED, error(500, "server_error"), EXPIRED, Reply(200, {"access_token": "new-token"})]

    assert connection.send(FOLDER) == "created"
    assert pauses == [1]


def test_a_refresh_that_never_succeeds_stops_the_job(server: RecordingServer, connection: JobConnection) -> None:
    def answer(request: Request) -> Reply:
        return error(400, "invalid_grant") if request.path == "/oauth/refresh" else EXPIRED

    server.answer = answer
    with pytest.raises(SendingTokenRefused, match=r"invalid_grant.*connect again"):
        connection.send(FOLDER)
    assert len(server.requests) == 12


def test_a_token_that_cannot_be_refreshed_stops_the_job_at_once(server: RecordingServer, pauses: list[float]) -> None:
    server.answer = lambda request: EXPIRED
    with (
        JobConnection(
            Destination.at(server.url), Grant("old"), SendingJob.new("Test"), sleep=pauses.append
        ) as connection,
        pytest.raises(SendingTokenRefused, match=r"The access token expired.*--refresh-token"),
    ):
        connection.send(FOLDER)
    assert (len(server.requests), pauses) == (1, [])


def test_a_full_destination_stops_the_job_after_a_few_tries(
    server: RecordingServer, connection: JobConnection, pauses: list[float]
) -> None:
    server.answer = lambda request: error(413, "destination_full", "2 GB of 2 GB are used")

    with pytest.raises(DestinationFull, match=r"2 GB of 2 GB are used.*run the same command again"):
        connection.send(FOLDER)
    assert pauses == [1, 1.5]


def test_a_payload_that_is_too_large_is_an_ordinary_refusal(server: RecordingServer, connection: JobConnection) -> None:
    server.answer = lambda request: error(413, "payload_too_large")

    with pytest.raises(ItemRefused, match="payload_too_large"):
        connection.send(FOLDER)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(server: RecordingServer, connection: JobConnection, status: int) -> None:
    server.replies = [Reply(status, {}, {"Location": f"{server.url}/elsewhere"})]

    with pytest.raises(Redirected, match=rf"{status}, a redirect to .*/elsewhere"):
        connection.send(FOLDER)
    assert server.paths == ["/import/blobs"]


def test_whoever_watches_is_told_of_every_retry(server: RecordingServer, connection: JobConnection) -> None:
    told: list[tuple[str, str, float]] = []

    class Listener(Watcher):
        def retry(self, item: OutgoingItem, reason: str, pause: float) -> None:
            told.append((item.label, reason, pause))

    server.replies = [error(503, "temporarily_unavailable", "Broker away")]
    connection.send(FOLDER, Listener())

    assert told == [("/a", "503 temporarily_unavailable (Broker away)", 1)]


def test_secrets_are_in_no_text_of_a_grant(grant: Grant) -> None:
    assert "old-token" not in repr(grant)
    assert "refresh-1" not in repr(grant)
    assert "secret+" not in repr(grant)
