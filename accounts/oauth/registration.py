"""Clients that register themselves (RFC 7591): wizards, which help people to move an account.

Open to all, since a wizard is a site that nobody here has heard of: throttled, and cleaned of what was never used
(`unused_clients`). Such a client may bring an account here, by a code for which the person has typed the password, and
nothing else.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.views import (
    DynamicClientRegistrationManagementView,
    DynamicClientRegistrationView,
)

from accounts import strict_json
from accounts.models import Application
from accounts.oauth.errors import error_answer, no_store
from accounts.scopes import IMPORTS
from accounts.throttles import RegistrationsPerAddress, client_address
from accounts.web_address import LONGEST_ADDRESS, WebAddress

LARGEST_REGISTRATION = 64 * 1024  # bytes of a registration
MOST_ADDRESSES = 10

# What a client says of itself that is given back as it came (RFC 7591, section 3.2.1; the first two are a Cozy's).
SAID_AGAIN = ("client_kind", "client_uri", "software_id", "software_version", "logo_uri", "policy_uri")


class RegistrationView(DynamicClientRegistrationView):
    """`POST /auth/register`: 201 with `client_id` and `client_secret`."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Registers a client with a secret, which may exchange codes. Whose cookies came along is of no meaning."""
        limit = RegistrationsPerAddress(client_address(request))
        if not limit.take():
            headers = {"Retry-After": str(limit.seconds())}
            return error_answer(429, "too_many_requests", "Too many clients were registered from here.", headers)
        wish = _wish(request)
        if isinstance(wish, str):
            return error_answer(400, "invalid_client_metadata", wish)
        request.user = AnonymousUser()
        answer = super().post(request, *args, **kwargs)
        if answer.status_code != 201:
            return no_store(answer)
        return _registered(answer, wish)


class ManagementView(DynamicClientRegistrationManagementView):
    """`GET`, `PUT` and `DELETE /auth/register/<client_id>` (RFC 7592), with the token that the registration gave. What
    is said of a client is what its registration has said."""

    http_method_names = ["get", "put", "delete"]

    def get(self, request: HttpRequest, client_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """200 with the client; 401 without its token."""
        answer = super().get(request, client_id, *args, **kwargs)
        return no_store(answer) if answer.status_code != 200 else _registered(answer)

    def put(self, request: HttpRequest, client_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the toolkit does it, for what could have been registered."""
        who = self._authenticate_registration_request(request, client_id)
        if isinstance(who, JsonResponse):
            return no_store(who)
        wish = _wish(request)
        if isinstance(wish, str):
            return error_answer(400, "invalid_client_metadata", wish)
        if wish.get("client_id", client_id) != client_id:
            return error_answer(400, "invalid_client_metadata", "client_id must be the client's own (section 2.2).")
        answer = super().put(request, client_id, *args, **kwargs)
        return no_store(answer) if answer.status_code != 200 else _registered(answer, wish)


def _registered(answer: HttpResponse, wish: Mapping[str, Any] = MappingProxyType({})) -> HttpResponse:
    """The toolkit's answer with what it leaves out, and with what the client has just said of itself."""
    client = json.loads(answer.content)
    client |= {
        "client_id_issued_at": int(_issued_at(client["client_id"]).timestamp()),
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": IMPORTS,
    }
    if "client_secret" in client:
        client["client_secret_expires_at"] = 0  # never by itself
    client |= {name: wish[name] for name in SAID_AGAIN if name in wish}
    return no_store(JsonResponse(client, status=answer.status_code))


def _issued_at(client_id: str) -> datetime:
    issued: datetime = Application.objects.values_list("created", flat=True).get(client_id=client_id)
    return issued


def _wish(request: HttpRequest) -> dict[str, Any] | str:
    """What a client says of itself, or what is wrong with it."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_REGISTRATION:
        return f"A registration has at most {LARGEST_REGISTRATION} bytes."
    try:
        wish = strict_json.loads_fitting(request.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return "The body is not JSON."
    if not isinstance(wish, dict):
        return "The body must be a JSON object."
    addresses = wish.get("redirect_uris")
    if not isinstance(addresses, list) or not 0 < len(addresses) <= MOST_ADDRESSES:
        return f"redirect_uris must be a list of one to {MOST_ADDRESSES} addresses."
    for address in addresses:
        if not isinstance(address, str) or WebAddress.read(address) is None:
            return (
                f"Each of redirect_uris must be a whole http(s) address of at most {LONGEST_ADDRESS} characters, "
                "without a user name, a backslash or a fragment."
            )
    if not isinstance(wish.get("client_name", ""), str):
        return "client_name must be a string."
    if wish.get("token_endpoint_auth_method", "client_secret_post") == "none":
        return "A client must be able to keep a secret: a wizard is a server."
    if wish.get("grant_types", ["authorization_code"]) not in (
        ["authorization_code"],
        ["authorization_code", "refresh_token"],
    ):
        return 'grant_types must be ["authorization_code"].'
    return wish
