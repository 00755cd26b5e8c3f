"""What somebody sees who has tried something too often. Which limit is for what, accounts/throttles.py says."""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from allauth.core.exceptions import RateLimited
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.guesses import TooManyTries
from accounts.hashing import PasswordsBusy
from accounts.throttles import SECONDS, Limit, client_address

View = Callable[..., Any]


class Lockout:
    """Middleware: answers with a page, and with the seconds to wait, wherever a limit is reached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """429 or 503; None for any other exception."""
        match error:
            case TooManyTries():
                return too_many(request, error.seconds)
            case RateLimited():
                return too_many(request, SECONDS["hour"])
            case PasswordsBusy():
                busy = render(request, "503.html", status=503)
                busy["Retry-After"] = str(error.seconds)
                return busy
        return None


def counted_per_address(limit: type[Limit]) -> Callable[[View], View]:
    """Takes a place for each call of a view, for the address that the request comes from. Past the limit the view is
    not called, and the answer is 429 with a page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            here = limit(client_address(request))
            return view(request, *args, **kwargs) if here.take() else too_many(request, here.seconds())

        return counted

    return decorate


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429 with the page for people, and `Retry-After` in seconds."""
    seconds = max(1, seconds)
    response = render(request, "accounts/too_many.html", {"minutes": ceil(seconds / 60)}, status=429)
    response["Retry-After"] = str(seconds)
    return response
