"""Two real servers, one of which is dead or out of reach while accounts are on every step of their way.

Every move must come to an end: the account has moved with everything, or is open at both.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.crossing import Crossing, Place
from tests.e2e.held import MAY_GO_ON, PATIENCE, PROCESSES, Held, Pair, held
from tests.e2e.line import Rule
from tests.e2e.moving import mails
from tests.e2e.servers import eventually
from tests.support.exporter import file_item

pytestmark = pytest.mark.faults
LEASE = 12  # seconds, where somebody is to be given up


# Killed, and dead


@contextmanager
def impatient(place: Place) -> Iterator[None]:
    """Meanwhile the server gives others up soon: by its settings, and by what they would have made of moves before."""
    kept = dict(place.server.settings)
    place.server.settings |= {"WHARF_MOVE_LEASE": str(LEASE), "WHARF_MOVE_PATIENCE": str(LEASE)}
    place.server.restart(*PROCESSES)
    place.let_leases_end(LEASE)
    try:
        yield
    finally:
        place.server.settings = kept
        place.server.restart(*PROCESSES)


def test_a_target_that_is_dead_leaves_the_source_open(pair: Pair) -> None:
    with ExitStack() as stack:
        with held(pair) as found:
            pair.target.server.kill()
            stack.enter_context(impatient(pair.source))
        for one in found.all:
            eventually(f"{one.name} is open", lambda one=one: one.states[0] == "moved" or is_off(one, pair.source))
        for one in found.all:
            if one.states[0] == "moved":
                one.assert_all_is_there_once()
        # A call that was on its way when its sender died still arrives; and one was never held for good.
        moved = {point for point, one in found.at.items() if one.states[0] == "moved"}
        assert {"before it finalizes", "after it has finalized"} <= moved
        assert moved <= {"before it finalizes", "after it has finalized", MAY_GO_ON}
    begin_again_and_assert_they_end(pair, pair.target, found)


def test_a_source_that_is_dead_leaves_the_target_open(pair: Pair) -> None:
    with ExitStack() as stack:
        with held(pair) as found:
            pair.source.server.kill()
            stack.enter_context(impatient(pair.target))
        for one in found.all:
            eventually(f"{one.name} is open", lambda one=one: one.is_open_at(pair.target), PATIENCE)
        for point in ("before it finalizes", "after it has finalized"):
            assert found.at[point].states[1] == "finalizing"  # until the source says whether it has closed
            found.at[point].assert_all_is_there_once()
    begin_again_and_assert_they_end(pair, pair.source, found)


def is_off(one: Crossing, place: Place) -> bool:
    """Whether its person can use the account there, since the move is off, or was never confirmed."""
    return one.states[0] in ("requested", "calling off", "failed") and one.is_open_at(place)


def begin_again_and_assert_they_end(pair: Pair, dead: Place, found: Held) -> None:
    """The dead one comes back, with all that it had to do."""
    dead.server.start(*PROCESSES)
    for place in pair.both:
        place.hurry()
    found.asked.confirm()
    for one in found.all:
        eventually(f"the end of {one.name}", lambda one=one: one.has_ended or never_came(one), PATIENCE)
        one.assert_ended_well()
    found.asked.assert_moved()
    found.at["after it has finalized"].assert_moved()


def never_came(one: Crossing) -> bool:
    """Whether its move was off before the target heard of it."""
    return one.states == ("failed", "")


# Lost on the line


ANNOUNCE, HAND_OVER, CHANGES, FINALIZE, ABORT = (
    f"POST /move/{name}" for name in ("importing", "imports", "changes", "finalize", "abort")
)


# What is lost from the beginning, by what becomes of the account: on whose line, which call, and if only its answer
LOST: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "closes, and nobody is told": (("source", FINALIZE, True),),
    "arrives, and can tell nobody": (("source", FINALIZE, False), ("target", ABORT, False)),
    "arrives, and changes meanwhile": (("source", FINALIZE, False), ("target", ABORT, False)),
    "is handed over, and nobody is told": (("target", HAND_OVER, True),),
    "can't be handed over": (("target", HAND_OVER, False),),
    "is frozen, and nobody is told": (("source", CHANGES, True),),
    "is cut off altogether": (("source", CHANGES, False), ("target", ABORT, False), ("source", ABORT, False)),
    "is announced, and nobody is told": (("target", ANNOUNCE, True),),
}
MOVED = ("closes, and nobody is told", "arrives, and can tell nobody", "is handed over, and nobody is told")
WHOLE = ("closes, and nobody is told", "arrives, and can tell nobody", "arrives, and changes meanwhile")
SOURCE_GIVES_UP = (
    *("arrives, and can tell nobody", "arrives, and changes meanwhile", "can't be handed over"),
    *("is cut off altogether", "is announced, and nobody is told"),
)
TARGET_GIVES_UP = ("is frozen, and nobody is told", "is cut off altogether")


def test_calls_that_are_lost_again_and_again_end_well(pair: Pair) -> None:
    lost = dict(zip(LOST, pair.some(len(LOST)), strict=True))
    rules = {name: lose(pair, name, one) for name, one in lost.items()}
    for one in lost.values():
        one.confirm()
    for name, one in lost.items():
        assert rules[name][0].reached.wait(PATIENCE), (name, one.states, one.why)
    assert_who_gives_up_is_open(pair, lost)
    lost["arrives, and changes meanwhile"].send(
        "blobs", file_item("later.txt"), b"it came when the source was open again"
    )
    hear_of_the_end_first(pair, lost, rules)
    for name, one in lost.items():
        eventually(f"the end of what {name}", lambda one=one: one.has_ended, PATIENCE)
        one.assert_ended_well()
        assert (one.states[0] == "moved") == (name in MOVED), (name, one.why)
    late = "Your account stays open here, although it arrived elsewhere"
    eventually("a mail", lambda: mails(pair.source.server, late))


def lose(pair: Pair, name: str, one: Crossing) -> list[Rule]:
    rules = []
    for side, call, answer in LOST[name]:
        rules.append(Rule(call, one.names, answer=answer, hold=False))
        pair.place(side).line.rules.append(rules[-1])
    return rules


def assert_who_gives_up_is_open(pair: Pair, lost: dict[str, Crossing]) -> None:
    """The patience of who waits ends, on one side or on both."""
    pair.source.let_leases_end(names=[lost[name].name for name in SOURCE_GIVES_UP])
    pair.target.let_leases_end(names=[lost[name].name for name in TARGET_GIVES_UP])
    for name in SOURCE_GIVES_UP:
        eventually(f"the source of what {name}", lambda name=name: is_off(lost[name], pair.source), PATIENCE)
    for name in TARGET_GIVES_UP:
        eventually(f"the target of what {name}", lambda name=name: lost[name].is_open_at(pair.target), PATIENCE)
    for name in WHOLE:
        assert lost[name].states[1] == "finalizing"
        assert lost[name].is_open_at(pair.target)
        lost[name].assert_all_is_there_once()


def hear_of_the_end_first(pair: Pair, lost: dict[str, Crossing], rules: dict[str, list[Rule]]) -> None:
    """The line is there again: what was to be said first comes through before that which calls it off."""
    for found in rules.values():
        found[0].release()
    for place in pair.both:
        place.hurry()
    eventually("a late end", lambda: lost["arrives, and can tell nobody"].has_ended, PATIENCE)
    eventually("a refused end", lambda: lost["arrives, and changes meanwhile"].states[1] == "copied", PATIENCE)
    for found in rules.values():
        for rule in found:
            rule.release()
    for place in pair.both:
        place.hurry()
