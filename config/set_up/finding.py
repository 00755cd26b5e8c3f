"""What a question about the installation came to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class SetUpFinding:
    """`ok`, or not, or None where it is worth knowing but stops nothing. `advice`: how to mend it."""

    check: str
    ok: bool | None
    sentence: str
    advice: str = ""


Question = Callable[[], Iterator[SetUpFinding]]
