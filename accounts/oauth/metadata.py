"""What the provider says about itself (RFC 8414)."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from oauth2_provider.views import OAuthServerMetadataView

from accounts.scopes import granting


class MetadataView(OAuthServerMetadataView):
    """As the toolkit has it, with `none` beside the ways to prove who one is, since public clients have no secret, and
    without scopes that allow nothing here."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        """The server's metadata."""
        answer = super().get(request, *args, **kwargs)
        metadata = json.loads(answer.content)
        for endpoint in ("token", "revocation"):
            name = f"{endpoint}_endpoint_auth_methods_supported"
            metadata[name] = list(dict.fromkeys([*metadata[name], "none"]))
        metadata["scopes_supported"] = sorted(granting(settings.OAUTH2_PROVIDER["SCOPES"]))
        return JsonResponse(metadata, headers={"Access-Control-Allow-Origin": answer["Access-Control-Allow-Origin"]})
