"""What a check of another server found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerFinding:
    """What one check found: `ok`, or not, or None where it is worth knowing but stops nothing. `advice`: what to do."""

    check: str
    ok: bool | None
    sentence: str
    advice: str = ""


class Hopeless(Exception):
    """What comes after this finding can't be checked."""

    def __init__(self, finding: PeerFinding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding
