"""Two servers between which many accounts move at once, each held at another point of its way."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.e2e.crossing import Crossing, CrossingWizard, Place
from tests.e2e.line import Rule
from tests.e2e.servers import eventually
from tests.e2e.services import Services

PATIENCE = 240.0  # seconds until everything has ended, on a machine that does other things as well
PROCESSES = ("web", "worker", "archives")
PEOPLE = 40
# One server has half of another one's workers for archives. Two accounts are held in the middle of one, so that the
# others need a third, or they would wait for those until these are released.
ARCHIVE_WORKERS = 6


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

    def start_what_is_dead(self) -> None:
        """Whatever another test has left."""
        for place in self.both:
            place.server.settings.pop("WHARF_MOVE_LEASE", None)
            place.server.settings.pop("WHARF_MOVE_PATIENCE", None)
            if dead := [name for name in PROCESSES if name not in place.server.processes]:
                place.server.start(*dead)

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


@contextmanager
def pair_in(
    folder: Path,
    processes: tuple[str, ...] = PROCESSES,
    settings: str = "tests.e2e.quick",
    services: Services | None = None,
) -> Iterator[Pair]:
    """Two new installations that run these processes, with this module of settings, on these services or on files."""
    source, target = Place.at(folder / "source", "127.0.0.3"), Place.at(folder / "target", "127.0.0.4")
    names = [f"person{number}" for number in range(PEOPLE)]
    for place in (source, target):
        place.server.settings |= {"WHARF_ARCHIVE_WORKERS": str(ARCHIVE_WORKERS), "DJANGO_SETTINGS_MODULE": settings}
        place.server.archives_apart = True
        if services is not None:
            place.server.settings |= services.settings_of(place.server.folder.name)

    def build(place: Place) -> dict[str, dict[str, str]]:
        place.server.install()
        place.server.start(*processes)
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
            if point != MAY_GO_ON:  # who has answered writes down a little later that it has
                eventually(f"{point}: {POINTS[point][2]}", lambda one=one, point=point: one.states == POINTS[point][2])
        stack.enter_context(pair.source.server.paused("archives"))
        packed.confirm()
        # Whoever asks for the archive has told a worker, too, before it says that it waits for it.
        eventually("the archive", lambda: ("exporting", "Packing", "waiting") in packed.steps)
        yield found
