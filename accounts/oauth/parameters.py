"""The parameters of a request to the token endpoints, from a form or from JSON."""

import json
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from accounts import strict_json

Parameters = list[tuple[str, str]]

LARGEST_FORM = 64 * 1024
MOST_PARAMETERS = 50
REPEATABLE = ("resource",)  # RFC 8707, section 2


class MalformedRequestError(Exception):
    """The body can't be taken: an HTTP status and a sentence for whoever wrote the client."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.status = status


def read_parameters(request: HttpRequest) -> Parameters:
    """Names and values of a body of at most 64 KiB, form-encoded (RFC 6749, appendix B) or a JSON object of strings.

    What has no value counts as not sent, and nothing may be sent twice (section 3.2). Raises MalformedRequestError.
    """
    if request.META.get("QUERY_STRING"):
        raise MalformedRequestError("Send the parameters in the body, not in the address.")
    parameters = [(name, value) for name, value in _parse(request.content_type or "", _body(request)) if value != ""]
    names = [name for name, _ in parameters if name not in REPEATABLE]
    if len(names) != len(set(names)):
        raise MalformedRequestError("A parameter was sent twice.")
    for pair in parameters:
        _refuse_unstorable(*pair)
    return parameters


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not str(length).isdecimal() or int(length) > LARGEST_FORM:
        raise MalformedRequestError("The body is larger than 64 KiB.", status=413)
    try:
        return request.body
    except UnreadablePostError as broken:
        raise MalformedRequestError("The body broke off.") from broken


def _parse(content_type: str, body: bytes) -> Parameters:
    if content_type == "application/json":
        return _from_json(body)
    if content_type == "application/x-www-form-urlencoded":
        return _from_form(body)
    if not body:
        return []
    raise MalformedRequestError("Send the parameters as application/x-www-form-urlencoded or application/json.")


def _from_form(body: bytes) -> Parameters:
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, encoding="utf-8", errors="strict"
        )
    except ValueError as problem:  # a UnicodeDecodeError is one
        raise MalformedRequestError("The body is not a form in UTF-8.") from problem


def _from_json(body: bytes) -> Parameters:
    try:
        text = body.decode()
        strict_json.require_few_values(text)
        pairs = json.loads(text, object_pairs_hook=_Members)
    except (ValueError, RecursionError) as problem:
        raise MalformedRequestError("The body is not JSON in UTF-8.") from problem
    if not isinstance(pairs, _Members):
        raise MalformedRequestError("The body is not a JSON object.")
    parameters = []
    for name, value in pairs:
        if value is None:
            continue
        if not isinstance(value, str):
            raise MalformedRequestError("Every member of the JSON object must be a string.")
        parameters.append((name, value))
    return parameters


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object as they came: a dict would hide one that is there twice."""


def _refuse_unstorable(name: str, value: str) -> None:
    """No token, code or id holds a NUL or half a character, and PostgreSQL can't be asked for one."""
    text = name + value
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedRequestError("A parameter holds a character that is not allowed.")
