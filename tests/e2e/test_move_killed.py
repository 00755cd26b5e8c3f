"""Two real servers, of which processes are killed while accounts are on every step of their way, and started again.

In each test a dozen small accounts move at once, each held at another point. Then something is killed; what is held
goes on; and every account must arrive with everything.
"""

import pytest

from tests.e2e.held import PATIENCE, PROCESSES, Pair, held
from tests.e2e.servers import eventually


@pytest.mark.parametrize(
    ("at_source", "at_target"),
    [
        pytest.param(("web",), ("worker", "archives"), id="web-workers", marks=pytest.mark.faults),
        pytest.param(("worker", "archives"), ("web",), id="workers-web", marks=pytest.mark.faults),
        pytest.param(PROCESSES, PROCESSES, id="everything"),
    ],
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
    for one in found.all:
        eventually(f"the end of {one.name}", lambda one=one: one.has_ended, PATIENCE)
        one.assert_moved()
