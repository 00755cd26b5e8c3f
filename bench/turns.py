"""Blocks of several kinds of work, in turns, so that whatever the machine does meanwhile meets each of them."""

from collections.abc import Callable
from statistics import median

Seconds = list[float]


def in_turns(rounds: int, *blocks: Callable[[], float]) -> list[Seconds]:
    """The times of each block, in so many rounds after one that warms up. Each begins a round in its turn."""
    times: list[Seconds] = [[] for _ in blocks]
    for number in range(rounds + 1):
        for place in range(len(blocks)):
            one = (number + place) % len(blocks)
            times[one].append(blocks[one]())
    return [of_one[1:] for of_one in times]


def ratio(ones: Seconds, others: Seconds) -> float:
    """The median of the ratios of two kinds of blocks, each from one round."""
    return median(one / other for one, other in zip(ones, others, strict=True))
