"""Why there is no picture."""

from enum import StrEnum


class DrawingOutcome(StrEnum):
    """What came of a file, as the answer says it."""

    MADE = "made"
    NOTHING = "nothing"  # it has no picture
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # nothing here decodes it


class Undrawable(Exception):
    """A file of which no picture is made."""

    def __init__(self, outcome: DrawingOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome
