"""The turn of a request that came too soon: what the server and the view say to each other about it.

It imports nothing of this project: the server has it before Django is set up.
"""

import time
from dataclasses import dataclass, field

TURN = "wharf.turn"  # where the turn stands in the WSGI environment, if the server can wait for one


@dataclass
class ItemTurn:
    """The turn of one request. `seconds`: how long it must wait for it, which the server does without a thread; then it
    asks the view again, with `taken` set, and drops the answer before. `since`: when it began to wait for its answer,
    on the monotonic clock."""

    seconds: float = 0.0
    taken: bool = False
    since: float = field(default_factory=time.monotonic)
