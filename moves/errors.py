"""Why a request of the move protocol is refused, as JSON:API 1.1 says it (section 11).

Nothing here needs REST framework, which loads half of what it could work with: workers refuse, too, and have no views.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.http import JsonResponse

from accounts.texts import kept_text

CONTENT_TYPE = "application/vnd.api+json"
NO_STORE = {"Cache-Control": "no-store"}
NO_SUCH_EXPORT = kept_text("There is no such export, or not any more.")


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
    return JsonApiRefusal(404, "Not Found", NO_SUCH_EXPORT)


def unavailable(detail: str, retry_after: int = 5) -> JsonApiRefusal:
    """503: a service is gone, or something is too much just now. `retry_after` in seconds."""
    wait = {"Retry-After": str(retry_after)}
    return JsonApiRefusal(503, "Service Unavailable", detail, headers=wait, code="temporarily_unavailable")


def invalid(attribute: str, problem: str) -> NoReturn:
    """422: an attribute that can't be used."""
    raise JsonApiRefusal(422, "Invalid Attribute", f"{attribute}: {problem}", pointer=f"/data/attributes/{attribute}")


def refusal(refused: JsonApiRefusal) -> JsonResponse:
    """Returns the same answer for a view that is none of the above, such as that of downloads."""
    headers = {**NO_STORE, **refused.headers}
    return JsonResponse(refused.body, status=refused.status, content_type=CONTENT_TYPE, headers=headers)
