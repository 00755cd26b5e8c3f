"""django-allauth's middleware, for people only."""

from collections.abc import Callable

from allauth.account.middleware import AccountMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.entry.seen import note_session

PAGES = ("/auth/", "/settings/", "/admin/")  # where a browser may come first, without any cookie
PROGRAMS = ("/auth/register", "/auth/access_token")


class PeopleMiddleware:
    """Gives pages what django-allauth needs, and notes where sessions are used. A program sends no cookie, and what it
    calls needs neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.straight = get_response
        self.pages = AccountMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_of_person(request):
            return self.straight(request)
        note_session(request)
        answer: HttpResponseBase = self.pages(request)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The way to where the person shows again who they are, where a view asks for it."""
        answer: HttpResponse | None = self.pages.process_exception(request, error)
        return answer


def is_of_person(request: HttpRequest) -> bool:
    """Whether a browser may have sent a request."""
    path = request.path_info
    if path.startswith(PROGRAMS):
        return False
    return bool(request.META.get("HTTP_COOKIE")) or path.startswith(PAGES)
