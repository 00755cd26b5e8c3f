"""What oauthlib is given of a request."""

from typing import Any

from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore

from accounts.oauth.parameters import Parameters


class FormOrJson(OAuthLibCore):
    """Hands on the parameters that a token view has read and checked; other requests as the base class does."""

    def extract_body(self, request: HttpRequest) -> Parameters:
        """Pairs of name and value."""
        checked = getattr(request, "oauth_parameters", None)
        return super().extract_body(request) if checked is None else checked

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        """The request's headers, without credentials in bytes that no scheme allows: decoding them would fail."""
        headers = super().extract_headers(request)
        headers.pop("asgi.scope", None)  # has the body, however large, which oauthlib would read byte by byte
        for name in ("Authorization", "HTTP_AUTHORIZATION"):
            if not str(headers.get(name, "")).isascii():
                headers[name] = ""
        return headers
