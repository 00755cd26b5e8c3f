"""What the provider says about itself (RFC 8414)."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from oauth2_provider.views import OAuthServerMetadataView


class MetadataView(OAuthServerMetadataView):
    """As the toolkit has it, and with `none` beside the ways to prove who one is: public clients have no secret."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        """The server's metadata."""
        answer = super().get(request, *args, **kwargs)
        metadata = json.loads(answer.content)
        for endpoint in ("token", "revocation"):
            name = f"{endpoint}_endpoint_auth_methods_supported"
            metadata[name] = list(dict.fromkeys([*metadata[name], "none"]))
        return JsonResponse(metadata, headers={"Access-Control-Allow-Origin": answer["Access-Control-Allow-Origin"]})
