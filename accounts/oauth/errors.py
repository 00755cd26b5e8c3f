"""Errors of the token endpoints, in the form of RFC 6749, section 5.2."""

import json
import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from rest_framework.exceptions import MethodNotAllowed

from accounts.guesses import TooManyTries
from accounts.oauth.parameters import MalformedRequestError

log = logging.getLogger("wharf.oauth")

RETRY = {"Retry-After": "5"}  # seconds
DESCRIPTIONS = {
    "invalid_client": "The client is unknown, or its secret is wrong.",
    "invalid_grant": "The code or refresh token is unknown, expired, already used, or was given to another client.",
    "invalid_request": "The request lacks a parameter or is malformed.",
    "invalid_scope": "The scope is unknown, or more than was granted.",
    "unauthorized_client": "This client may not use that grant type.",
    "unsupported_grant_type": "The grant types here are authorization_code and refresh_token.",
    "unsupported_token_type": "Tokens of that type can't be revoked here.",
}


class SessionInvalidatedError(OAuth2Error):
    """The refresh token is dead, whyever: the client must stop and ask the person again."""

    error = "session_invalidated"
    status_code = 401
    description = "This connection has ended, or the account or the client is gone. Ask the person to connect again."


def error_answer(status: int, code: str, description: str = "", headers: dict[str, str] | None = None) -> JsonResponse:
    """An error with a description, never kept by a cache."""
    described = description or DESCRIPTIONS.get(code, "The request was refused.")
    answer = JsonResponse({"error": code, "error_description": described}, status=status)
    for name, value in (headers or {}).items():
        answer[name] = value
    return no_store(answer)


def no_store(answer: JsonResponse) -> JsonResponse:
    """RFC 6749, section 5.1: nothing that a token endpoint says may be kept."""
    answer["Cache-Control"] = "no-store"
    answer["Pragma"] = "no-cache"
    return answer


def answer_from_oauthlib(status: int, body: str | None, headers: dict[str, Any]) -> JsonResponse:
    """What oauthlib answered, with a description added to an error that came without."""
    said = json.loads(body) if body else {}
    kept = {name: value for name, value in headers.items() if name not in ("Content-Type", "Cache-Control", "Pragma")}
    if status >= 400 or "error" in said:
        return error_answer(status, said.get("error", "invalid_request"), said.get("error_description", ""), kept)
    answer = JsonResponse(said, status=status)
    for name, value in kept.items():
        answer[name] = value
    return no_store(answer)


def exception_handler(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """Returns what a request is answered that can't be read, or not just now; None for a fault of this program."""
    match error:
        case MalformedRequestError():
            return error_answer(error.status, "invalid_request", error.description)
        case TooManyTries():
            seconds = {"Retry-After": str(error.seconds)}
            return error_answer(429, "too_many_requests", "That was tried too often. Try again later.", seconds)
        case MethodNotAllowed():
            return error_answer(405, "method_not_allowed", "Send a POST request.", {"Allow": "POST"})
        case OperationalError() | InterfaceError():
            log.error("the database does not answer", exc_info=error)
            return error_answer(
                503, "temporarily_unavailable", "The database of this server does not answer. Try again.", RETRY
            )
    return None
