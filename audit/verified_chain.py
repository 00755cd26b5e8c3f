"""One chain, link by link."""

from dataclasses import dataclass, field

from audit.checkpoints import LEAF
from audit.hashes import NOTHING


@dataclass
class VerifiedChain:
    """What is found of a chain as its events come, in order. `length`, `head`: what its row says; `seen`: what
    checkpoints have seen of it, as leaves with the checkpoint's number in the chain's place; `fault`: the first one, a
    sentence."""

    subject: str
    length: int
    head: bytes
    seen: bytearray
    last: bytes = NOTHING
    number: int = 0
    fault: str = ""
    expected: list[tuple[int, int, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self.expected = [(length, number, head) for number, length, head in LEAF.iter_unpack(self.seen)]
        self.expected.reverse()  # the next one to come is the last
        self.seen.clear()
        self.proven = self.expected[0][0] if self.expected else 0

    @property
    def unproven(self) -> int:
        """How many events no checkpoint has seen."""
        return max(0, self.number - self.proven)

    def add(self, number: int, told: bytes, stored: bytes) -> None:
        """Takes the next event: its number, the hash of what it says, and the hash that stands in it."""
        if number != self.number + 1:
            self.fault = f"Event {self.number + 1} of {self.subject} is missing."
        elif told != stored:
            self.fault = f"Event {number} of {self.subject} is not what it was, or does not follow the one before."
        else:
            self.number, self.last = number, told
            self._compare()

    def end(self) -> None:
        """No more events come."""
        if self.fault:
            return
        here = f"here are {self.number}"
        if self.expected:
            length, checkpoint, _ = self.expected[0]
            self.fault = f"The end of {self.subject} is missing: checkpoint {checkpoint} has seen {length}, {here}."
        elif self.number < self.length:
            self.fault = f"The end of {self.subject} is missing: there should be {self.length} events, {here}."

    def _compare(self) -> None:
        while self.expected and self.expected[-1][0] == self.number:
            _, checkpoint, head = self.expected.pop()
            if head != self.last:
                self.fault = (
                    f"Up to event {self.number}, {self.subject} is another one than checkpoint {checkpoint} has seen."
                )
                return
        if self.number == self.length and self.head != self.last:
            self.fault = f"The head of {self.subject} is not that of its last event."
