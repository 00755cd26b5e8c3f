"""`POST /move/exports` and `GET /move/exports/<opaque>` (specification, "Export")."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from accounts.scopes import EXPORTS
from moves import jsonapi
from moves.bearer import token_of
from moves.exports import fetches, links
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.jsonapi import JsonApiRefusal
from moves.models import Export

log = logging.getLogger("wharf.exports")


@csrf_exempt
def exports(request: HttpRequest) -> HttpResponse:
    """201 with the new export's document, and where it is in `Location`. The token must have `io.cozy.exports`."""
    try:
        if request.method != "POST":
            raise JsonApiRefusal(
                405, "Method Not Allowed", "An export is asked for by POST.", headers={"Allow": "POST"}
            )
        owner = token_of(request, EXPORTS).user
        export = export_requests.create(owner, Wish.of(jsonapi.attributes_of(request)), "api")
    except JsonApiRefusal as refused:
        return jsonapi.refusal(refused)
    location = request.build_absolute_uri(_path(export))
    return jsonapi.answer(document(export), 201, {"Location": location})


@csrf_exempt
def export(request: HttpRequest, opaque: str) -> HttpResponse:
    """The document of an export, for whoever has its opaque identifier; no token is needed."""
    if request.method not in ("GET", "HEAD"):
        return _not_allowed()
    found = links.export_of(opaque)
    if found is None:
        return jsonapi.refusal(jsonapi.not_found())
    fetches.watch(found)
    return jsonapi.answer(document(found))


def document(export: Export) -> dict[str, Any]:
    """The export in JSON:API, with the fields of the specification, and a few of our own."""
    done = export.state == Export.State.DONE
    cursors = [part.cursor for part in export.parts.all() if part.number] if done else []
    attributes = {
        "parts_size": export.parts_size,
        "parts_cursors": cursors,
        "with_doctypes": export.with_doctypes,
        "state": export.state,
        "created_at": export.created_at.isoformat(),
        "expires_at": export.expires_at.isoformat(),
        "total_size": export.total_size,
        "creation_duration": export.creation_duration,
        "error": export.error,
        "snapshot_at": export.snapshot_at and export.snapshot_at.isoformat(),
        "files_size": export.files_size,
        "files_count": export.files_count,
        "missing": missing_entries(export),
    }
    return {
        "data": {
            "type": "io.cozy.exports",
            "id": export.doc_id,
            "meta": {"rev": export.rev},
            "attributes": attributes,
            "links": {"self": _path(export)},
        }
    }


def missing_entries(export: Export) -> list[str]:
    """The entries that could not be read when somebody fetched them."""
    found = export.events.filter(kind="entry missing").order_by("pk").values_list("detail", flat=True)
    return list(found[:100])


def _path(export: Export) -> str:
    return reverse("export-document", args=[links.opaque(export)])


def _not_allowed() -> JsonResponse:
    return jsonapi.refusal(
        JsonApiRefusal(405, "Method Not Allowed", "Only GET and HEAD.", headers={"Allow": "GET, HEAD"})
    )
