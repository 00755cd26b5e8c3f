"""`POST /move/exports` and `GET /move/exports/<opaque>` (specification, "Export")."""

from typing import Any, cast

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import MayExport
from moves.errors import not_found
from moves.exports import fetches, links
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.jsonapi import JsonApiView, attributes_of
from moves.models import Export


class ExportsView(JsonApiView):
    """`POST /move/exports`."""

    http_method_names = ["post"]
    authentication_classes = [BearerAuthentication]
    permission_classes = [MayExport]
    asked_by = "An export is asked for by POST."

    def post(self, request: Request) -> Response:
        """201 with the new export's document, and where it is in `Location`. Raises `JsonApiRefusal`."""
        export = export_requests.create(cast(User, request.user), Wish.of(attributes_of(request)), "api")
        return created(request, export)


class ExportView(JsonApiView):
    """`GET /move/exports/<opaque>`, for whoever has the opaque identifier; no token is needed."""

    http_method_names = ["get", "head"]
    asked_by = "Only GET and HEAD."

    def get(self, request: Request, opaque: str) -> Response:
        """200 with the export's document. Raises `JsonApiRefusal` (404)."""
        export = links.export_of(opaque)
        if export is None:
            raise not_found()
        fetches.watch(export)
        return Response(document(export, opaque))


def created(request: Request, export: Export, *, to_peer: bool = False) -> Response:
    """Returns 201 with the document of a new export, and where it is in `Location`. `to_peer`: by the link of a move's
    target."""
    found = document(export, links.opaque(export, to_peer=to_peer))
    return Response(found, 201, headers={"Location": request.build_absolute_uri(found["data"]["links"]["self"])})


def document(export: Export, opaque: str) -> dict[str, Any]:
    """The export in JSON:API, with the fields of the specification, and a few of our own. `opaque`: the identifier by
    which it is asked for."""
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
            "links": {"self": reverse("export-document", args=[opaque])},
        }
    }


def missing_entries(export: Export) -> list[str]:
    """The entries that could not be read when somebody fetched them."""
    found = export.events.filter(kind="entry missing").order_by("pk").values_list("detail", flat=True)
    return list(found[:100])
