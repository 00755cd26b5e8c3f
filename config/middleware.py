"""What wraps every request: its line in the log, and errors that programs can read."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from csp.constants import HEADER as CONTENT_POLICY
from csp.utils import build_policy
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import resolve

from accounts.answering import AnswerTime, answered_in
from config.readable import SaidAnswer
from importers.receiving.turn import TURN
from moves import errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

log = logging.getLogger("wharf.request")

ITEMS = "/import/"

# Where programs call, a page would be taken for an unexpected error.
PROGRAM_PATHS = (
    "/import",
    "/oauth/token",
    "/oauth/refresh",
    "/oauth/revoke_token",
    "/status",
    "/auth/register",
    "/auth/access_token",
    "/.well-known/",
)

JSON_TYPES = ("application/json", errors.CONTENT_TYPE)
JSON_API_PATHS = (
    "/move/exports",
    "/move/imports",
    "/move/finalize",
    "/move/abort",
    "/move/changes",
    "/move/proof",
)  # where errors are JSON:API's
ANNOUNCED_AT = "/move/importing"  # also there, for what is posted: the same address is a page
SAID_TO_PROGRAMS = ("/api/", "/metrics")  # these make their errors themselves

ERROR_CODES = {
    400: "invalid_request",
    403: "access_denied",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "temporarily_unavailable",
}


# Pythons call these differently; programs are told what they were always told.
STATUS_TITLES = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
STATUS_DESCRIPTIONS = {
    400: "The request can't be answered, most often because its Host is no name of this server's.",
    413: "Request Entity Too Large: Entity is too large.",
}


class AnsweredInTime:
    """Whatever a request asks of services ends in time, so that its client is answered while it still waits."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with answered_in(AnswerTime(settings.WHARF_ANSWER_WITHIN)):
            return self.get_response(request)


class RequestLog:
    """Writes one line per request: method, route (never the query, which may carry a code), status and milliseconds."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = self.get_response(request)
        if (turn := request.META.get(TURN)) and turn.seconds:
            return response  # it waits for its turn, and comes again
        match = request.resolver_match
        log.info(
            "%s %s %s",
            request.method,
            match.route if match else "(no route)",
            response.status_code,
            extra={"ms": round((time.monotonic() - began) * 1000, 1)},
        )
        return response


class StraightToItems:
    """Leads what exporters send below /import straight to its view, past the middleware after this one.

    That is for pages: sessions, forms, messages, static files, log-in attempts, what each page lets a browser do. An
    item needs none of it, and spent a fifth of its time there. Who sends a cookie is a browser, and goes all the way.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.view = convert_exception_to_response(_view)
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ITEMS) or "HTTP_COOKIE" in request.META:
            return self.get_response(request)
        response = cast(HttpResponse, self.view(request))
        response["Content-Length"] = str(len(response.content))
        response[CONTENT_POLICY] = self.policy
        return response


def _view(request: HttpRequest) -> HttpResponse:
    """Returns what the view of an address answers. Raises `DisallowedHost` where the request is for another server."""
    request.get_host()
    match = request.resolver_match = resolve(request.path_info)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    response["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


class ProgramErrors:
    """Turns a page that says an error into `{"error", "error_description"}` where programs call.

    Views answer in that form themselves; this catches what the framework answers before or instead of them, such as
    an unknown path or a host that is not allowed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or response.get("Content-Type", "").startswith(JSON_TYPES):
            return response
        if _is_below(PROGRAM_PATHS, request.path_info):
            return as_json_error(response)
        is_announcement = request.method == "POST" and _is_below((ANNOUNCED_AT,), request.path_info)
        if is_announcement or _is_below(JSON_API_PATHS, request.path_info):
            return as_json_api_error(response)
        return response


def is_of_program(request: HttpRequest) -> bool:
    """Whether what is answered is read by a program, never by a person."""
    is_announcement = request.method == "POST" and _is_below((ANNOUNCED_AT,), request.path_info)
    return is_announcement or _is_below((*PROGRAM_PATHS, *JSON_API_PATHS, *SAID_TO_PROGRAMS), request.path_info)


def _is_below(paths: tuple[str, ...], path: str) -> bool:
    return f"/{path.lstrip('/')}".startswith(paths)


def as_json_error(response: HttpResponseBase) -> HttpResponse:
    """The same status and headers (`Allow`, `Retry-After`, ...), with a body in the form of RFC 6749, section 5.2."""
    status = HTTPStatus(response.status_code)
    code = ERROR_CODES.get(status, "server_error" if status >= 500 else "invalid_request")
    said = {"error": code, "error_description": _sentence(response)}
    return _with_headers(JsonResponse(said, status=status), response)


def as_json_api_error(response: HttpResponseBase) -> HttpResponse:
    """The same, with a body in the form of JSON:API 1.1, section 11."""
    status = HTTPStatus(response.status_code)
    refusal = errors.JsonApiRefusal(status, _title(status), _sentence(response))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        refusal.code = ERROR_CODES[status]
    said = refusal.body
    return _with_headers(JsonResponse(said, status=status, content_type=errors.CONTENT_TYPE), response)


def _sentence(response: HttpResponseBase) -> str:
    if isinstance(response, SaidAnswer):
        return response.sentence
    status = HTTPStatus(response.status_code)
    return STATUS_DESCRIPTIONS.get(status, f"{_title(status)}: {status.description or 'see the protocol'}.")


def _title(status: HTTPStatus) -> str:
    return STATUS_TITLES.get(status, status.phrase)


def _with_headers(error: HttpResponse, response: HttpResponseBase) -> HttpResponse:
    for name, value in response.items():
        if name.lower() not in ("content-type", "content-length"):
            error[name] = value
    return error
