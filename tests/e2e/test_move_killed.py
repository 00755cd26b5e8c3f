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

from tests.e2e.crossing import Crossing, Place, Wizard
from tests.e2e.line import Rule
from tests.e2e.servers import eventually

PATIENCE = 240.0  # seconds until everything has ended, on a machine that does other things as well
LEASE = 12  # seconds, where somebody is to be given up
PROCESSES = ("web", "worker", "calls", "archives")
PEOPLE = 180


@dataclass
class Pair:
    """Two servers, and people who have an account at both and have not moved yet."""

    source: Place
    target: Place
    wizard: Wizard
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
        wizard = Wizard.registered(source, target)
        crossings = [Crossing(name, wizard, here[name], there[name]) for name in names]
        for place in (source, target):
            place.line.hear += [one.hear for one in crossings]
        yield Pair(source, target, wizard, iter(crossings))
    finally:
        source.close()
        target.close()


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
    ("side", "names"),
    [*((side, (name,)) for side in ("source", "target") for name in PROCESSES), ("both", PROCESSES)],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_killed_and_started_again_everybody_arrives_with_everything(
    pair: Pair, side: str, names: tuple[str, ...]
) -> None:
    killed = [pair.source.server, pair.target.server] if side == "both" else [pair.place(side).server]
    with held(pair) as found:
        for server in killed:
            server.kill(*names)
        found.release()
        for server in killed:
            server.start(*names)
    found.asked.confirm()
    wait_for_the_ends(found.all)
    for one in found.all:
        one.assert_moved()
