"""Why an item is refused: each reason once, with its status, its code and a sentence for whoever must act."""

from dataclasses import dataclass, field

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback


@dataclass
class Refusal(Exception):
    """An answer that is not 2xx, as `{"error": code, "error_description": description}`.

    `status` is the HTTP status, `headers` go with it. Raise it through one of the functions below.
    """

    status: int
    code: str
    description: str
    headers: dict[str, str] = field(default_factory=dict)


def invalid(field_name: str, problem: str) -> Refusal:
    """400: a known item without what identifies it, or a body that is not what it says; names the field."""
    return Refusal(400, "invalid_request", f"{field_name}: {problem}")


def exception_handler(error: Exception, context: dict[str, object]) -> Response | None:
    """REST framework's exceptions and ours, in the form of RFC 6749, section 5.2."""
    raise NotImplementedError
