"""Names and places are those of a Cozy's last state, in whatever order its documents come."""

import httpx
import pytest

from tests.support.archives import WHARF, bring, holds, outcomes
from tests.support.cozy_states import CozyState, Node, assert_is, folder, leaf
from tests.support.exporter import Person
from tests.support.takeout import TakeOut

IN_WORK = folder("d1", "Work")

# What a Cozy had, and what it has when its archive comes again.
STATES: dict[str, tuple[list[Node], list[Node]]] = {
    "a file in the bin and a live one have one name": (
        [],
        [IN_WORK, leaf("f1", "a.txt", "d1"), leaf("f2", "a.txt", thrown_from="/Work")],
    ),
    "a file is thrown away, and another one uploaded": (
        [IN_WORK, leaf("f5", "a.txt", "d1")],
        [IN_WORK, leaf("f5", "a.txt", thrown_from="/Work"), leaf("f1", "a.txt", "d1")],
    ),
    "a file is renamed, and another one uploaded": (
        [IN_WORK, leaf("f5", "a.txt", "d1")],
        [IN_WORK, leaf("f5", "b.txt", "d1"), leaf("f1", "a.txt", "d1")],
    ),
    "a file is renamed, and a copy of it uploaded": (
        [IN_WORK, leaf("f5", "a.txt", "d1", b"same")],
        [IN_WORK, leaf("f5", "b.txt", "d1", b"same"), leaf("f1", "a.txt", "d1", b"same")],
    ),
    "a file is moved, and another one uploaded": (
        [IN_WORK, folder("d2", "Old"), leaf("f5", "a.txt", "d1")],
        [IN_WORK, folder("d2", "Old"), leaf("f5", "a.txt", "d2"), leaf("f1", "a.txt", "d1")],
    ),
    "two files change their names": (
        [leaf("f1", "a.txt"), leaf("f2", "b.txt")],
        [leaf("f1", "b.txt"), leaf("f2", "a.txt")],
    ),
    "names go round": (
        [leaf("f1", "a"), leaf("f2", "b"), leaf("f3", "c"), leaf("f4", "d")],
        [leaf("f1", "b"), leaf("f2", "c"), leaf("f3", "a"), leaf("f4", "e"), leaf("f5", "d")],
    ),
    "letters change their cases": (
        [leaf("f1", "a.txt"), leaf("f2", "B.txt"), folder("d1", "c"), leaf("f3", "x", "d1")],
        [leaf("f1", "A.txt"), leaf("f2", "b.txt"), folder("d1", "C"), leaf("f3", "x", "d1")],
    ),
    "a file comes back out of the bin, and the one of its name goes there": (
        [IN_WORK, leaf("f1", "a.txt", "d1"), leaf("f2", "a.txt", thrown_from="/Work")],
        [IN_WORK, leaf("f1", "a.txt", thrown_from="/Work"), leaf("f2", "a.txt", "d1")],
    ),
    "a directory in the bin and a live one have one name": (
        [],
        [
            *(folder("d1", "Projects"), leaf("f1", "plan.txt", "d1"), leaf("f2", "old.txt", "d1")),
            *(folder("d2", "Projects", thrown_from="/"), leaf("f3", "plan.txt", "d2")),
            *(
                folder("d3", "Inner", "d2"),
                leaf("f4", "deep.txt", "d3"),
                leaf("f5", "by itself", thrown_from="/Projects"),
            ),
        ],
    ),
    "a directory is thrown away, and another one made": (
        [folder("d5", "Projects"), leaf("f5", "plan.txt", "d5"), folder("d6", "Inner", "d5"), leaf("f6", "x", "d6")],
        [
            *(folder("d5", "Projects", thrown_from="/"), leaf("f5", "plan.txt", "d5")),
            *(folder("d6", "Inner", "d5"), leaf("f6", "x", "d6")),
            *(
                folder("d1", "Projects"),
                leaf("f1", "plan.txt", "d1"),
                folder("d2", "Inner", "d1"),
                leaf("f2", "x", "d2"),
            ),
        ],
    ),
    "a directory comes back out of the bin": (
        [folder("d1", "Projects", thrown_from="/"), leaf("f1", "plan.txt", "d1")],
        [folder("d1", "Projects"), leaf("f1", "plan.txt", "d1")],
    ),
    "a directory is renamed, and another one made": (
        [folder("d5", "2025"), leaf("f5", "a.txt", "d5")],
        [folder("d5", "2024"), leaf("f5", "a.txt", "d5"), folder("d1", "2025"), leaf("f1", "a.txt", "d1")],
    ),
    "directories change their places": (
        [folder("d1", "A"), folder("d2", "B"), leaf("f1", "x", "d1"), leaf("f2", "x", "d2"), leaf("f3", "y", "d2")],
        [folder("d1", "B"), folder("d2", "A"), leaf("f1", "x", "d1"), leaf("f2", "x", "d2"), leaf("f3", "y", "d2")],
    ),
    "directories go round, one of them into another": (
        [
            *(folder("d1", "A"), folder("d2", "B"), folder("d3", "C"), folder("d4", "In", "d3")),
            *(leaf(f"f{number}", "x", f"d{number}") for number in (1, 2, 3, 4)),
        ],
        [
            *(folder("d1", "B"), folder("d2", "C"), folder("d3", "In", "d1"), folder("d4", "A")),
            *(leaf(f"f{number}", "x", f"d{number}") for number in (1, 2, 3, 4)),
        ],
    ),
    "a directory and files change their names": (
        [folder("d1", "A"), leaf("f1", "in", "d1"), leaf("f2", "B")],
        [folder("d1", "C"), leaf("f1", "in", "d1"), leaf("f2", "A"), folder("d2", "B"), leaf("f3", "in", "d2")],
    ),
    "a file is thrown away, and then the directory that it was in": (
        [folder("d1", "A"), leaf("f1", "x", "d1"), leaf("f2", "y", "d1")],
        [folder("d1", "A", thrown_from="/"), leaf("f1", "x", "d1"), leaf("f2", "y", thrown_from="/A")],
    ),
    "a directory is thrown away, and then the one that it was in": (
        [folder("d1", "A"), folder("d2", "B", "d1"), leaf("f1", "x", "d1"), leaf("f2", "y", "d2")],
        [
            *(folder("d1", "A", thrown_from="/"), leaf("f1", "x", "d1")),
            *(folder("d2", "B", thrown_from="/A"), leaf("f2", "y", "d2")),
        ],
    ),
}


@pytest.mark.parametrize(
    ("backwards", "are_photos"),
    [(False, False), (False, True), (True, False), pytest.param(True, True, marks=pytest.mark.services)],
    ids=["forwards-files", "forwards-photos", "backwards-files", "backwards-photos"],
)
@pytest.mark.parametrize("case", STATES)
def test_the_last_state_of_a_cozy_is_what_is_here(
    http: httpx.Client, ada: Person, grace: Person, case: str, backwards: bool, are_photos: bool
) -> None:
    before, now = STATES[case]
    first = CozyState.of(before, are_photos=are_photos)
    second = first.then(now)
    for state in (first, second):
        placed = bring(ada, state.entries(backwards=backwards))
        assert not {"renamed", "refused", "older"} & outcomes(placed).keys(), placed
    assert_is(http, ada, second)
    archive = second.entries(backwards=not backwards)
    assert outcomes(bring(ada, archive)) == {"unchanged": len(second.nodes) + are_photos}
    assert holds(ada, archive) == []


@pytest.mark.parametrize("case", STATES)
def test_the_last_state_goes_on_to_another_server_of_ours(
    http: httpx.Client, ada: Person, grace: Person, case: str
) -> None:
    before, now = STATES[case]
    first = CozyState.of(before)
    second = first.then(now)
    for state in (first, second):
        bring(ada, state.entries())
        entries = TakeOut.made(http, ada).everything()
        placed = bring(grace, entries, WHARF)
        assert not {"renamed", "refused", "older"} & outcomes(placed).keys(), placed
        assert holds(grace, entries, WHARF) == []
        assert_is(http, grace, state)
