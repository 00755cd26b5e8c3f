"""Who makes this server call another one, and how long somebody waits for that.

A call that a request makes takes a place (`places.py`) for whoever asks, without saying so: who that is, the middleware
below notes. All calls of a request together have `WHARF_PEER_ANSWER_WITHIN` seconds, and where no place is free, the
request is answered 503. A page asks otherwise (`ask`): in a thread that has a place, for which the request need not
wait. Jobs and commands have workers of their own.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.throttles import client_address
from moves.peers.places import NoPlace, Subject, account, address, places, server

log = logging.getLogger("wharf.peers")


@dataclass(frozen=True)
class Asker:
    """Whose calls these are. `until`: when nobody waits for them any more, as `time.monotonic` counts. `has_place`:
    they are made in a place already."""

    subjects: Callable[[], list[Subject]]
    until: float
    has_place: bool = False


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


def current() -> Asker | None:
    """Who waits for the calls of this thread; None for a job, which has a worker."""
    return _asker.get()


@contextmanager
def place_for(site: str) -> Iterator[None]:
    """Has a place for a call to this server, where a request makes it. Raises `NoPlace`."""
    asker = _asker.get()
    if asker is None or asker.has_place:
        yield
        return
    with places.take([*asker.subjects(), server(site)]):
        yield


def _subjects(request: HttpRequest) -> list[Subject]:
    """The account, as whatever has authenticated the request has found it, and the address."""
    person = getattr(request, "user", None)
    own = [account(person.pk)] if person is not None and person.is_authenticated else []
    return [*own, address(client_address(request))]


# Requests that wait


class CallsOfRequests:
    """Middleware: notes who asks, and answers where there is no place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        until = time.monotonic() + settings.WHARF_PEER_ANSWER_WITHIN
        token = _asker.set(Asker(lambda: _subjects(request), until))
        try:
            return self.get_response(request)
        finally:
            _asker.reset(token)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """503 where there is no place."""
        if not isinstance(error, NoPlace):
            return None
        response = render(request, "503.html", status=503)
        response["Retry-After"] = str(error.retry_after)
        return response


# Pages that look again


def ask(request: HttpRequest, site: str, question: Callable[[], None], *, key: str) -> None:
    """Has a question asked that calls this other server, in a thread of its own, as soon as there is a place.

    Waits for a moment where it has begun: most servers answer at once. If it has not ended by then, the page looks
    again: what comes of it, the question itself keeps in the database. `key` names it: it waits for its place once,
    however often it is asked. Raises `NoPlace` where too many wait, and what the question has raised by then.
    """
    subjects = [*_subjects(request), server(site)]
    asked = _Question(question, subjects)
    if places.run(subjects, asked.put, key):
        asked.wait(settings.WHARF_PAGE_WAITS)


class _Question:
    """A question that is asked in another thread, and waited for, for a while."""

    def __init__(self, question: Callable[[], None], subjects: list[Subject]) -> None:
        self._question = question
        self._subjects = subjects
        self._context = contextvars.Context()  # nothing of the request reaches into the thread
        self._ended = threading.Event()
        self._is_waited_for = False
        self._error: BaseException | None = None

    def put(self) -> None:
        """In that thread: asks."""
        try:
            until = time.monotonic() + settings.WHARF_PAGE_ASKS_FOR
            self._context.run(_asker.set, Asker(lambda: self._subjects, until, has_place=True))
            self._context.run(self._question)
        except BaseException as error:  # whoever waits is told; if nobody does, the log
            self._error = error
            if not self._is_waited_for:
                log.exception("a question to another server failed by a fault of this program")
        finally:
            connections.close_all()
            self._ended.set()

    def wait(self, seconds: float) -> None:
        """Waits for its end, for so long. Raises what the question has raised by then."""
        self._is_waited_for = True
        self._is_waited_for = self._ended.wait(seconds)
        if self._is_waited_for and self._error is not None:
            raise self._error
