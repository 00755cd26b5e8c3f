"""What the bench prints: a row per promise, as a Markdown table."""

from dataclasses import dataclass
from itertools import starmap

HEADINGS = ("what", "figure", "target", "holds", "made of")
UNMEASURED = "cannot be measured"


@dataclass(frozen=True)
class BenchRow:
    """One promise. `holds` is None where nothing was promised, or nothing could be measured."""

    what: str
    figure: str
    target: str = ""
    holds: bool | None = None
    made_of: str = ""

    @classmethod
    def missing(cls, what: str, why: str, target: str = "") -> "BenchRow":
        """A row that says why it has no figure on this machine."""
        return cls(what, "-", target, made_of=f"{UNMEASURED}: {why}")

    @property
    def cells(self) -> tuple[str, ...]:
        return self.what, self.figure, self.target, {True: "yes", False: "NO", None: "-"}[self.holds], self.made_of


def at_least(what: str, ratio: float, target: float, made_of: str) -> BenchRow:
    """A ratio that must not be lower than `target`; `made_of` says what it is a ratio of."""
    return BenchRow(what, f"{ratio:.2f}", f"at least {target:g}", ratio >= target, made_of)


def at_most(what: str, ratio: float, target: float, made_of: str) -> BenchRow:
    """A ratio that must not be higher than `target`."""
    return BenchRow(what, f"{ratio:.2f}", f"at most {target:g}", ratio <= target, made_of)


def rendered(rows: list[BenchRow]) -> str:
    """The table, its columns aligned."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [" | ".join(starmap(str.ljust, zip(line, widths, strict=True))) for line in lines]
    texts.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {text} |" for text in texts)
