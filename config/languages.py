"""In which language a request is answered."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts.languages import language_asked
from accounts.models import User
from accounts.texts import ENGLISH
from config.middleware import is_of_program

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class BrowsersLanguage:
    """Middleware, before any that may answer with a page: it is in the language that the browser asks for. What
    programs call is in English."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = ENGLISH if is_of_program(request) else language_asked(request)
        with translation.override(language):
            response = self.get_response(request)
        if _is_page(response) and "Content-Language" not in response.headers and not is_of_program(request):
            response.headers["Content-Language"] = language
            patch_vary_headers(response, ("Accept-Language",))
        return response


class PersonsLanguage:
    """Middleware, after the one that knows who is logged in: pages are in the language that a person has chosen."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Programs have no cookie, and nothing is asked for them.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and not is_of_program(request)
        person = request.user if has_session else None
        language = person.language if isinstance(person, User) else ""
        if language not in dict(settings.LANGUAGES):
            return self.get_response(request)
        with translation.override(language):
            response = self.get_response(request)
        if _is_page(response):
            response.headers.setdefault("Content-Language", language)
        return response


def _is_page(response: HttpResponseBase) -> bool:
    return str(response.get("Content-Type", "")).startswith("text/html")
