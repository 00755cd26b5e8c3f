"""An account moves from one installation to another: how long one with many bytes takes, and one without any waits."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import httpx

from bench import account
from bench.bench import MIB, Bench, in_bytes, say
from bench.connection import AnswerError
from bench.exports import send_file
from bench.installation import Installation, allowed, moment
from bench.table import BenchRow

SECONDS_FOR_A_GIB = 19.0
WAITS_UNDER = 1.5  # seconds
GIVE_UP = 300.0  # seconds
FILE = 8 * MIB
SITE = "https://wizard.example"
STEPS = "SELECT began_at, ended_at FROM moves_movestep WHERE ended_at IS NOT NULL AND outcome != 'waiting'"
EXPORTS = (
    "SELECT e.at, x.finished_at FROM moves_event e JOIN moves_export x ON x.id = e.export_id"
    " WHERE e.kind = 'started' AND x.finished_at IS NOT NULL"
)
IMPORTS = "SELECT started_at, finished_at FROM moves_archiveimport WHERE finished_at IS NOT NULL"


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Both, each between two installations that are new."""
    size = bench.sizes.upload
    moves = ((f"move of {in_bytes(size)} between two servers", size), ("move of an empty account: what it waits", 0))
    if account.is_elsewhere():
        yield from (BenchRow.missing(what, "two servers can't share a database") for what, _ in moves)
        return
    for what, moved in moves:
        if short := bench.short_of(4 * moved):
            yield BenchRow.missing(what, short)
            continue
        say(f"moving: {what}")
        took, waited = _move(bench, moved)
        if moved:
            target = SECONDS_FOR_A_GIB
            said = f"at most {target:g} s" if not bench.is_quick else ""
            holds = took <= target if not bench.is_quick else None
            yield BenchRow(what, f"{took:.1f} s", said, holds, f"{waited:.1f} s of it between steps")
        else:
            said = f"under {WAITS_UNDER:g} s"
            yield BenchRow(what, f"{waited:.2f} s", said, waited < WAITS_UNDER, f"of {took:.1f} s in all")


def _move(bench: Bench, size: int) -> tuple[float, float]:
    """Seconds from the opening of the mailed link to the end at both, and how many of them nobody was at work."""
    source, target = (Installation(bench.new_folder(name), bench.template) for name in ("source", "target"))
    with source, target:
        if size:
            for _ in range(size // FILE):
                send_file(source, bench.account.token, FILE)
        with closing(source.browser(bench.account)) as here, closing(target.browser(bench.account)) as there:
            _ask(bench, source, target, here, there)
            link = _mailed(source)
            began = time.time()
            here.get(link)
            _wait_for(lambda: all(map(_has_ended, (source, target))), "the move did not end")
        for one, state in ((source, "moved"), (target, "arrived")):
            [found] = one.rows("SELECT state, error FROM moves_move")
            if found[0] != state:
                raise AnswerError(f"the move ended so: {found}")
        ended = max(moment(one.rows("SELECT ended_at FROM moves_move")[0][0]) for one in (source, target))
        busy = [row for one in (source, target) for row in one.rows(STEPS) + one.rows(EXPORTS) + one.rows(IMPORTS)]
        return ended - began, _not_in([(moment(one), moment(other)) for one, other in busy], began, ended)


def _ask(bench: Bench, source: Installation, target: Installation, here: httpx.Client, there: httpx.Client) -> None:
    """All that a wizard does, until the source sends the mail."""
    wish = {"redirect_uris": [f"{SITE}/target"], "client_name": "Bench", "client_kind": "web"}
    client = there.post("/auth/register", json=wish).json()
    named = {"client_id": client["client_id"]}
    leave = allowed(here, "/move/authorize", {"allow": "true"}, state="s", redirect_uri=f"{SITE}/source")
    password = {"password": bench.account.password}
    come = allowed(there, "/auth/authorize/move", password, state="s", redirect_uri=f"{SITE}/target", **named)
    secret = named | {"client_secret": client["client_secret"]}
    wanted = {"grant_type": "authorization_code", "code": _code(come), **secret}
    token = there.post("/auth/access_token", data=wanted).json()["access_token"]
    form = {"code": _code(leave), "target_url": f"{target.url}/", "target_token": token}
    form |= {f"target_{name}": value for name, value in secret.items()}
    answer = httpx.post(f"{source.url}/move/request", data=form, headers={"Origin": SITE}, trust_env=False, timeout=60)
    if answer.status_code != 200:
        raise AnswerError(f"the move was refused: {answer.status_code} {answer.text[:300]}")


def _code(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def _mailed(source: Installation) -> str:
    _wait_for(lambda: "/move/go?secret=" in source.mails(), "no mail came")
    found = re.search(r"\S+/move/go\?secret=\S+", source.mails())
    return found[0] if found else ""


def _has_ended(one: Installation) -> bool:
    return one.rows("SELECT count(*) FROM moves_move WHERE ended_at IS NOT NULL") == [(1,)]


def _wait_for(what: Callable[[], bool], otherwise: str) -> None:
    give_up = time.monotonic() + GIVE_UP
    while not what():
        if time.monotonic() > give_up:
            raise AnswerError(otherwise)
        time.sleep(0.05)


def _not_in(intervals: list[tuple[float, float]], begin: float, end: float) -> float:
    """Seconds between two times that are in none of these intervals."""
    free, at = 0.0, begin
    for one, other in sorted(intervals):
        free += max(0.0, min(one, end) - at)
        at = max(at, other)
    return free + max(0.0, end - at)
