"""All numbers, as Prometheus reads them."""

import logging
from collections.abc import Iterator

from accounts.answering import AnswerTime, answered_in
from config.metrics.counting import numbers
from importers.errors import SERVICE_ERRORS

_ = numbers()  # before the client is imported: it looks for the folder then

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client.metrics_core import Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

from config.health import QUESTIONS, ask_all  # noqa: E402
from config.metrics import standing  # noqa: E402

TOLD_WITHIN = 4.0  # seconds, after those that services have; Prometheus gives up after 10

log = logging.getLogger("wharf.metrics")

CONTENT_TYPE = CONTENT_TYPE_LATEST


def scraped() -> bytes:
    """Returns what the web processes of this machine have counted, and what stands in the database."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(StandingNumbers())
    return generate_latest(registry)


class StandingNumbers(Collector):
    """What is asked for anew each time."""

    def describe(self) -> list[Metric]:
        """Returns nothing: it would be asked for when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yields all of it; where the database does not answer, what is known without it, and soon."""
        answers = ask_all(QUESTIONS)
        yield from standing.machine(answers)
        if answers["database"] != "ok":
            return  # which `ask_all` has told the log
        try:
            with answered_in(AnswerTime(TOLD_WITHIN)):
                yield from list(standing.standing())
        except SERVICE_ERRORS as error:
            log.error("the database has not told what stands in it", exc_info=error)
