"""`GET /import/schemas/`, and `GET /import/schemas/<vertical>.json`: for anybody, since they say nothing of anyone."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import condition, require_safe

from importers import errors
from importers.registry import VERTICALS
from importers.schemas.document import schema_of
from importers.schemas.index import index

KEPT_FOR = 3600  # seconds, after which a cache asks again: another version may take more
SCHEMA_TYPE = "application/schema+json"
INDEX_TYPE = "application/json"


@dataclass(frozen=True)
class _Document:
    """A document as it is sent."""

    body: bytes
    etag: str
    content_type: str


@cache
def _document(path: str | None) -> _Document | None:
    """Returns the schema of a path, or the index; None where nothing is taken. Made once in a process."""
    if path is not None and path not in VERTICALS:
        return None
    body = json.dumps(index() if path is None else schema_of(path), ensure_ascii=False, indent=1).encode()
    return _Document(body, f'"{hashlib.sha256(body).hexdigest()}"', INDEX_TYPE if path is None else SCHEMA_TYPE)


def _etag(request: HttpRequest, vertical: str | None = None) -> str | None:
    found = _document(vertical)
    return found.etag if found else None


@require_safe
@condition(etag_func=_etag)
def schema(request: HttpRequest, vertical: str | None = None) -> HttpResponse:
    """Returns the schema of a vertical, or the index of all; 304 where the caller has it (RFC 9110, section 13.1.2),
    and 404 where nothing is taken."""
    found = _document(vertical)
    if found is None:
        refusal = errors.unknown_vertical(vertical or "", sorted(VERTICALS))
        said = {"error": refusal.code, "error_description": refusal.description}
        return JsonResponse(said, status=refusal.status)
    headers = {"Cache-Control": f"public, max-age={KEPT_FOR}", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(found.body, content_type=found.content_type, headers=headers)
