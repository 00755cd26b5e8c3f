"""JSON:API 1.1 as the move protocol speaks it: documents, errors, and what may come in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.http import HttpRequest, JsonResponse

CONTENT_TYPE = "application/vnd.api+json"
ACCEPTED = (CONTENT_TYPE, "application/json")
LARGEST_JSONAPI_BODY = 64 * 1024  # bytes of a body


@dataclass
class JsonApiRefusal(Exception):
    """An answer other than 2xx (section 11.2). `pointer` is the part of the body that is wrong, `parameter` that of the
    query; `code` tells programs apart what has the same status."""

    status: int
    title: str
    detail: str
    pointer: str = ""
    parameter: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.title}: {self.detail}"

    @property
    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"status": str(self.status), "title": self.title, "detail": self.detail}
        if self.code:
            error["code"] = self.code
        if self.pointer:
            error["source"] = {"pointer": self.pointer}
        if self.parameter:
            error["source"] = {"parameter": self.parameter}
        return {"errors": [error]}


def not_found() -> JsonApiRefusal:
    """404: the same for what is unknown, of somebody else, forged, revoked or expired."""
    return JsonApiRefusal(404, "Not Found", "There is no such export, or not any more.")


def invalid(attribute: str, problem: str) -> NoReturn:
    """422: an attribute that can't be used."""
    raise JsonApiRefusal(422, "Invalid Attribute", f"{attribute}: {problem}", pointer=f"/data/attributes/{attribute}")


def attributes_of(request: HttpRequest) -> dict[str, Any]:
    """`data.attributes` of a body. Raises `JsonApiRefusal`: 400, 411, 413 or 415."""
    if request.content_type not in ACCEPTED:
        raise JsonApiRefusal(
            415, "Unsupported Media Type", f"Send {CONTENT_TYPE}, not {request.content_type or 'nothing'}."
        )
    if not request.META.get("CONTENT_LENGTH") and "Transfer-Encoding" in request.headers:
        raise JsonApiRefusal(
            411, "Length Required", "So large a body needs a Content-Length; it is not taken in chunks."
        )
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_JSONAPI_BODY:
        raise JsonApiRefusal(413, "Content Too Large", f"A request has at most {LARGEST_JSONAPI_BODY} bytes.")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise JsonApiRefusal(400, "Malformed JSON", f"The body is not JSON: {error}") from error
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise JsonApiRefusal(400, "Malformed Document", 'The body must be an object with "data".', pointer="/data")
    attributes = data.get("attributes", {})
    if not isinstance(attributes, dict):
        raise JsonApiRefusal(400, "Malformed Document", '"attributes" must be an object.', pointer="/data/attributes")
    return attributes


def answer(body: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """A document, or errors; never kept by a cache."""
    return JsonResponse(
        body, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def refusal(refused: JsonApiRefusal) -> JsonResponse:
    """The answer that says why."""
    return answer(refused.body, refused.status, refused.headers)
