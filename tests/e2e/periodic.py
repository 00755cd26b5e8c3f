"""Whether what a server has to do again and again is still done."""

from datetime import UTC, datetime

import httpx
from django.conf import settings

from tests.e2e.servers import Server, eventually

PATIENCE = 180.0  # seconds; who is killed in the middle of something is missed after a minute


def assert_periodic_work_goes_on(server: Server) -> None:
    """From now on a beat gives signs of life and tells of every task, each is begun and none fails."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"

    def left() -> set[str]:
        done = "SELECT name FROM accounts_periodictask WHERE told_at > ? AND begun_at > ? AND failure = ''"
        return set(settings.WHARF_PERIODIC) - {name for (name,) in server.rows(done, now, now)}

    def is_well() -> bool:
        said = httpx.get(f"{server.url}/status/ready", timeout=60).json()
        beats = "SELECT count(*) FROM accounts_processsign WHERE kind = 'beat' AND seen_at > ?"
        return said["workers"] == said["beat"] == "ok" and server.rows(beats, now)[0][0] > 0

    eventually("everything that is periodic", lambda: not left(), PATIENCE)
    eventually("workers and a beat", is_well, PATIENCE)
