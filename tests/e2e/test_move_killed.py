"""Two real servers, of which processes are killed while accounts are on every step of their way.

In each test a dozen small accounts move at once, each held at another point. Then something is killed, or lost; what is
held goes on; and every move must come to an end: the account has moved with everything, or is open at both.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice

import pytest

from tests.e2e.crossing import Crossing, CrossingWizard, Place
from tests.e2e.line import Rule
from tests.e2e.moving import mails
from tests.e2e.servers import eventually
from tests.support.exporter import file_item

pytestmark = pytest.mark.xdist_group("servers that are killed")
PATIENCE = 240.0  # seconds until everything has ended, on a machine that does other things as well
LEASE = 12  # seconds, where somebody is to be given up
PROCESSES = ("web", "worker", "calls", "archives")
PEOPLE = 180


@dataclass
class Pair:
    """Two servers, and people who have an account at both and have not moved yet."""

    source: Place
    target: Place
    wizard: CrossingWizard
    people: Iterator[Crossing] = field(default_factory=lambda: iter(()))

    @property
    def both(self) -> tuple[Place, Place]:
        return self.source, self.target

    def place(self, side: str) -> Place:
        return self.source if side == "source" else self.target

    def some(self, number: int) -> list[Crossing]:
        """So many people, with a life in their account, who have asked for their move."""
        crossings = list(islice(self.people, number))
        assert len(crossings) == number
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(Crossing.fill, crossings))
            list(pool.map(Crossing.ask, crossings))
        return crossings


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("killed")
    source, target = Place.at(folder / "source", "127.0.0.3"), Place.at(folder / "target", "127.0.0.4")
    names = [f"person{number}" for number in range(PEOPLE)]

    def build(place: Place) -> dict[str, dict[str, str]]:
        place.server.install()
        place.server.start()
        return place.people(names)

    try:
        with ThreadPoolExecutor(2) as pool:
            here, there = pool.map(build, (source, target))
        wizard = CrossingWizard.registered(source, target)
        crossings = [Crossing(name, wizard, here[name], there[name]) for name in names]
        for place in (source, target):
            place.line.hear += [one.hear for one in crossings]
        yield Pair(source, target, wizard, iter(crossings))
    finally:
        source.close()
        target.close()


@pytest.fixture(autouse=True)
def everything_runs(pair: Pair) -> None:
    """Whatever another test has left."""
    for place in pair.both:
        place.server.settings.pop("WHARF_MOVE_LEASE", None)
        place.server.settings.pop("WHARF_MOVE_PATIENCE", None)
        if dead := [name for name in PROCESSES if name not in place.server.processes]:
            place.server.start(*dead)


# Where an account may be held on its way, and by which call between the servers


def importing(one: Crossing) -> Rule:
    return Rule("GET /move/exports/data/", one.names, answer=True, broken=True)


def importing_the_rest(one: Crossing) -> Rule:
    return Rule("GET /move/exports/data/", one.later, answer=True, broken=True)


def fetching(one: Crossing) -> Rule:
    return Rule("GET /move/exports/", one.later)


def on_the_call(path: str) -> Callable[[Crossing], Rule]:
    return lambda one: Rule(f"POST {path}", one.names)


def on_the_answer(path: str) -> Callable[[Crossing], Rule]:
    return lambda one: Rule(f"POST {path}", one.names, answer=True)


# At each: the side whose line it is on, the rule, and the states of the move at the source and at the target
POINTS: dict[str, tuple[str, Callable[[Crossing], Rule], tuple[str, str]]] = {
    "before it announces it": ("target", on_the_call("/move/importing"), ("announcing", "")),
    "after it has announced it": ("target", on_the_answer("/move/importing"), ("announcing", "announced")),
    "before it hands it over": ("target", on_the_call("/move/imports"), ("handing over", "announced")),
    "after it has handed it over": ("target", on_the_answer("/move/imports"), ("handing over", "importing")),
    "in the middle of the archive": ("source", importing, ("waiting", "importing")),
    "before it asks for the rest": ("source", on_the_call("/move/changes"), ("waiting", "asking")),
    "after it has asked for the rest": ("source", on_the_answer("/move/changes"), ("catching up", "asking")),
    "while the rest is packed": ("source", fetching, ("catching up", "fetching")),
    "in the middle of the rest": ("source", importing_the_rest, ("catching up", "importing the rest")),
    "before it finalizes": ("source", on_the_call("/move/finalize"), ("catching up", "finalizing")),
    "after it has finalized": ("source", on_the_answer("/move/finalize"), ("moved", "finalizing")),
}
MAY_GO_ON = "after it has handed it over"  # the target doesn't wait there


@dataclass
class Held:
    """Accounts that stand still: by point, one that has only asked, and one whose archive is being made."""

    at: dict[str, Crossing]
    asked: Crossing
    packed: Crossing

    @property
    def all(self) -> list[Crossing]:
        return [*self.at.values(), self.asked, self.packed]

    def release(self) -> None:
        for one in self.at.values():
            assert one.rule
            one.rule.release()


@contextmanager
def held(pair: Pair) -> Iterator[Held]:
    """One account at each point; they go on when it is over, if they haven't been released before."""
    *crossings, asked, packed = pair.some(len(POINTS) + 2)
    found = Held(dict(zip(POINTS, crossings, strict=True)), asked, packed)
    with ExitStack() as stack:
        stack.callback(found.release)
        for point, one in found.at.items():
            side, rule, _ = POINTS[point]
            one.rule = rule(one)
            pair.place(side).line.rules.append(one.rule)
        for one in found.at.values():
            one.confirm()
        for point, one in found.at.items():
            assert one.rule
            assert one.rule.reached.wait(PATIENCE), (point, one.states, one.why)
            if point != MAY_GO_ON:
                assert one.states == POINTS[point][2], (point, one.why)
        stack.enter_context(pair.source.server.paused("archives"))
        packed.confirm()
        eventually("the archive", lambda: packed.states == ("exporting", "announced"))
        yield found


def wait_for_the_ends(crossings: list[Crossing]) -> None:
    for one in crossings:
        eventually(f"the end of {one.name}", lambda one=one: one.has_ended, PATIENCE)


# Killed, and started again


@pytest.mark.parametrize(
    ("at_source", "at_target"),
    [
        (("web",), ("calls",)),
        (("calls",), ("web",)),
        (("archives",), ("worker",)),
        (("worker",), ("archives",)),
        (PROCESSES, PROCESSES),
    ],
    ids=["web-calls", "calls-web", "archives-worker", "worker-archives", "everything"],
)
def test_killed_and_started_again_everybody_arrives_with_everything(
    pair: Pair, at_source: tuple[str, ...], at_target: tuple[str, ...]
) -> None:
    with held(pair) as found:
        pair.source.server.kill(*at_source)
        pair.target.server.kill(*at_target)
        found.release()
        pair.source.server.start(*at_source)
        pair.target.server.start(*at_target)
    found.asked.confirm()
    wait_for_the_ends(found.all)
    for one in found.all:
        one.assert_moved()


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
    dead.server.start()
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
