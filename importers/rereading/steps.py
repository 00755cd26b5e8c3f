"""What is read again beside records, by marks of its own."""

from collections.abc import Iterator

from importers import above
from importers.above import RereadStep
from importers.models import Rejection
from importers.rereading import missing
from importers.vertical import verticals

REJECTIONS = RereadStep(Rejection, lambda: Rejection.objects.select_related("transfer"), missing.close)


def steps() -> Iterator[RereadStep]:
    """Yields all of them, in the order in which they are taken."""
    for one in verticals():
        yield from one.reread_steps
    yield from above.reread_steps
    yield REJECTIONS
