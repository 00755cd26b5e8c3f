"""JSON:API 1.1 as the move protocol speaks it: documents, and what may come in. Its errors are in `moves.errors`."""

import json
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import strict_json
from accounts.oauth.bearer import InsufficientScope, TokenRefused
from accounts.rest.view import ProtocolView
from moves.errors import CONTENT_TYPE, NO_STORE, JsonApiRefusal, unavailable
from moves.peers.places import NoPlace

ACCEPTED = (CONTENT_TYPE, "application/json")
LARGEST_JSONAPI_BODY = 64 * 1024  # bytes of a body


def body_of(request: Request) -> Any:
    """Returns what the JSON of a body says, numbers that a field holds. Raises `JsonApiRefusal` (400)."""
    try:
        return strict_json.loads_fitting(request.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise JsonApiRefusal(400, "Malformed JSON", f"The body is not JSON: {error}") from error


def attributes_of(request: Request) -> dict[str, Any]:
    """Returns `data.attributes` of a body. Raises `JsonApiRefusal`: 400, 413 or 415."""
    content_type = request._request.content_type  # without its parameters, which REST framework's has
    if content_type not in ACCEPTED:
        raise JsonApiRefusal(415, "Unsupported Media Type", f"Send {CONTENT_TYPE}, not {content_type or 'nothing'}.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_JSONAPI_BODY:
        raise JsonApiRefusal(413, "Content Too Large", f"A request has at most {LARGEST_JSONAPI_BODY} bytes.")
    body = body_of(request)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise JsonApiRefusal(400, "Malformed Document", 'The body must be an object with "data".', pointer="/data")
    attributes = data.get("attributes", {})
    if not isinstance(attributes, dict):
        raise JsonApiRefusal(400, "Malformed Document", '"attributes" must be an object.', pointer="/data/attributes")
    return attributes


class JsonApiRenderer(BaseRenderer):
    """A document, or errors, as Django writes JSON."""

    media_type = CONTENT_TYPE
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """Returns the document's bytes; none for an answer without a body."""
        return b"" if data is None else json.dumps(data, cls=DjangoJSONEncoder).encode()


class JsonApiView(ProtocolView):
    """Answers in JSON:API, whatever happens; its answers are never kept by a cache."""

    renderer_classes = [JsonApiRenderer]
    asked_by: ClassVar[str] = "Send a POST request."  # what another method is told

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Returns the headers of every answer."""
        return dict(NO_STORE)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Returns what answers an exception."""
        return exception_handler

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises `JsonApiRefusal` (405), with what is allowed."""
        allowed = ", ".join(self.allowed_methods)
        raise JsonApiRefusal(405, "Method Not Allowed", self.asked_by, headers={"Allow": allowed})


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Returns what a refusal is answered; None for a fault of this program."""
    match error:
        case JsonApiRefusal():
            refused = error
        case TokenRefused() | InsufficientScope():
            title = "Unauthorized" if error.status_code == 401 else "Forbidden"
            challenge = {"WWW-Authenticate": error.www_authenticate}
            refused = JsonApiRefusal(error.status_code, title, str(error.detail), headers=challenge)
        case NoPlace():
            refused = unavailable(str(error), error.retry_after)
        case _:
            return None
    return Response(refused.body, refused.status, headers=dict(refused.headers))
