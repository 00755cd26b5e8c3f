"""What is counted while requests are answered, items and their bytes, seconds, and lines of the log that warn; and in
all processes, what the storage did not do."""

import json
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.metrics.shared import prepare
from importers.receiving.turn import TURN
from importers.registry import VERTICALS

ITEMS = "/import/"
UP_TO = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)  # seconds
LONGEST_ANSWER = 64 * 1024  # bytes of one that says what became of an item


class Measured:
    """Middleware: counts, where anybody may read the numbers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not is_read():
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.numbers = numbers()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = self.get_response(request)
        if (turn := request.META.get(TURN)) and turn.seconds:
            return response  # it waits for its turn, and comes again
        took = time.monotonic() - began
        self.numbers.seconds.labels(_group(request), f"{response.status_code // 100}xx").observe(took)
        if request.method == "POST" and request.path_info.startswith(ITEMS) and isinstance(response, HttpResponse):
            self._count_item(request, response)
        return response

    def _count_item(self, request: HttpRequest, response: HttpResponse) -> None:
        path = request.path_info.removeprefix(ITEMS).strip("/")
        labels = path if path in VERTICALS else "other", _outcome(response)
        self.numbers.items.labels(*labels).inc()
        length = request.META.get("CONTENT_LENGTH") or "0"
        self.numbers.bytes.labels(*labels).inc(int(length) if length.isdecimal() else 0)


class Numbers:
    """The numbers of this process."""

    def __init__(self) -> None:
        prepare()
        from prometheus_client import CollectorRegistry, Counter, Histogram  # it reads its variable when it is imported

        own = CollectorRegistry()
        which = ["vertical", "outcome"]
        self.items = Counter(
            "wharf_items", "Items that exporters have sent, and what became of them.", which, registry=own
        )
        self.bytes = Counter("wharf_item_bytes", "Bytes of the requests that brought them.", which, registry=own)
        self.seconds = Histogram(
            "wharf_request_seconds", "Until the head of the answer.", ["group", "status"], buckets=UP_TO, registry=own
        )
        self.storage_errors = Counter(
            "wharf_storage_errors", "What the storage was asked to do, and did not.", ["tried"], registry=own
        )
        self.lines = Counter(
            "wharf_log_lines", "Lines of the log that warn, or worse.", ["level", "logger"], registry=own
        )


def count_storage_error(tried: str) -> None:
    """Counts one, in whichever process, where anybody may read the numbers (see importers/content/faults.py)."""
    if is_read():
        numbers().storage_errors.labels(tried).inc()


def is_read() -> bool:
    """Whether anybody may read the numbers."""
    return bool(settings.WHARF_METRICS_TOKEN or settings.WHARF_METRICS_NETWORKS)


class LineCounter(logging.Handler):
    """Counts the lines of the log that warn of something; those of a database that fails are among them."""

    def __init__(self, numbers: Numbers) -> None:
        super().__init__(logging.WARNING)
        self._numbers = numbers

    def emit(self, record: logging.LogRecord) -> None:
        self._numbers.lines.labels(record.levelname, record.name).inc()


_numbers: Numbers | None = None


def numbers() -> Numbers:
    """Returns the one of this process, which is made when it is first asked for."""
    global _numbers
    if _numbers is None:
        _numbers = Numbers()
        logging.getLogger().addHandler(LineCounter(_numbers))
    return _numbers


def _group(request: HttpRequest) -> str:
    """Returns the first piece of the address's pattern: there are some dozens, whatever clients ask for."""
    match = request.resolver_match
    if match is None:
        return "none"
    first = match.route.partition("/")[0]
    return "home" if not first else first if "<" not in first else "other"


def _outcome(response: HttpResponse) -> str:
    """Returns the word that the answer has for it: `created`, `unchanged`, or the code of an error."""
    if len(response.content) <= LONGEST_ANSWER:
        try:
            said = json.loads(response.content)
            return str(said.get("status") or said.get("error"))
        except (ValueError, AttributeError):
            pass
    return str(response.status_code)
