"""`POST /move/imports/precheck` and `POST /move/imports` (specification, "Import")."""

from typing import Any, cast

from django.http import HttpResponse
from django.urls import reverse
from oauth2_provider.models import AccessToken
from rest_framework.request import Request

from accounts.models import User
from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import MayImportArchives
from moves.errors import invalid
from moves.imports import requests
from moves.jsonapi import JsonApiView, attributes_of


class ImportCallView(JsonApiView):
    """What the two have in common: a POST that names the link to an export, with a token for imports."""

    http_method_names = ["post"]
    authentication_classes = [BearerAuthentication]
    permission_classes = [MayImportArchives]
    asked_by = "An import is asked for by POST."


class PrecheckView(ImportCallView):
    """`POST /move/imports/precheck`."""

    def post(self, request: Request) -> HttpResponse:
        """204 where the export at a link can be imported. Raises `JsonApiRefusal`: 412 where there is none, 422 where
        it does not fit."""
        requests.precheck(cast(User, request.user), _link(attributes_of(request)))
        return HttpResponse(status=204)


class ImportsView(ImportCallView):
    """`POST /move/imports`."""

    def post(self, request: Request) -> HttpResponse:
        """303 to the page that waits, which a Cozy follows and wants to be 200. Raises `JsonApiRefusal`: 412 and 422 as
        above, 409 while another one runs."""
        attributes = attributes_of(request)
        self.begin(cast(AccessToken, request.auth), _link(attributes), attributes)
        location = request.build_absolute_uri(reverse("importing"))
        return HttpResponse(status=303, headers={"Location": location})

    def begin(self, token: AccessToken, link: str, attributes: dict[str, Any]) -> None:
        """Begins an import of the export at a link."""
        requests.precheck(token.user, link)
        requests.begin(token.user, link=link, origin="api")


def _link(attributes: dict[str, Any]) -> str:
    """Returns the link that the attributes name. Raises `JsonApiRefusal` (422)."""
    link = attributes.get("url")
    if not isinstance(link, str) or not link.strip():
        invalid("url", "it must be the link to an export.")
    return link
