"""The token, refresh and revocation endpoints (RFC 6749, sections 3.2 and 6; RFC 7009)."""

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from oauth2_provider.views.mixins import OAuthLibMixin
from rest_framework.request import Request

from accounts.models import Application
from accounts.oauth.errors import answer_from_oauthlib, error_answer, exception_handler
from accounts.oauth.parameters import MalformedRequestError, Parameters, read_parameters
from accounts.rest.view import ProtocolView
from accounts.throttles import FailedClientsPerAddress, Limit, client_address

CLIENT = {"client_id", "client_secret"}
BY_GRANT_TYPE = {
    "authorization_code": CLIENT | {"grant_type", "code", "redirect_uri", "code_verifier", "resource"},
    "refresh_token": CLIENT | {"grant_type", "refresh_token", "scope", "resource"},
}


@method_decorator(sensitive_variables(), name="dispatch")
class ClientView(OAuthLibMixin, ProtocolView):
    """What the three have in common: a body in a form or in JSON, a client that proves who it is, answers in JSON."""

    http_method_names = ["post"]

    def post(self, request: Request) -> JsonResponse:
        """Reads and checks the request, and slows down whoever guesses the secret of a client."""
        asked = request._request  # what oauthlib is given is made of Django's
        parameters = self.accepted(read_parameters(asked))
        asked.oauth_parameters = parameters  # type: ignore[attr-defined]
        answer = self.answer(asked)
        if answer.status_code == 401 and b'"invalid_client"' in answer.content:
            return slowed_down(answer, failed_client(asked, _client_id(asked, parameters)))
        return answer

    def get_exception_handler(self) -> Callable[..., JsonResponse | None]:
        """Returns what answers an exception."""
        return exception_handler

    def accepted(self, parameters: Parameters) -> Parameters:
        """The parameters that mean something here; the rest is ignored (RFC 6749, section 3.2)."""
        return parameters

    def answer(self, request: HttpRequest) -> JsonResponse:
        """The answer to a request that could be read."""
        raise NotImplementedError


class TokenView(ClientView):
    """Answers with tokens for an authorization code or a refresh token."""

    def accepted(self, parameters: Parameters) -> Parameters:
        """Only what belongs to the grant type: a code must not bring a refresh token of the client's choice along."""
        grant_type = dict(parameters).get("grant_type", "")
        names = BY_GRANT_TYPE.get(grant_type, CLIENT | {"grant_type"})
        return [(name, value) for name, value in parameters if name in names]

    def answer(self, request: HttpRequest) -> JsonResponse:
        """Tokens, or an error of RFC 6749, section 5.2; 401 `session_invalidated` when the person has ended it."""
        parameters = dict(request.oauth_parameters)  # type: ignore[attr-defined]
        if not parameters.get("grant_type"):
            return error_answer(400, "invalid_request", "The parameter grant_type is missing.")
        if parameters["grant_type"] not in BY_GRANT_TYPE:
            return error_answer(400, "unsupported_grant_type")
        _, headers, body, status = self.create_token_response(request)
        return answer_from_oauthlib(status, body, headers)


class RefreshView(TokenView):
    """The token endpoint under the name of the import specification: only for refresh tokens, `grant_type` implied."""

    def accepted(self, parameters: Parameters) -> Parameters:
        """As at the token endpoint, with the grant type filled in."""
        grant_type = dict(parameters).get("grant_type", "refresh_token")
        if grant_type != "refresh_token":
            raise MalformedRequestError("Only grant_type=refresh_token is answered here.")
        others = [(name, value) for name, value in parameters if name != "grant_type"]
        return super().accepted([*others, ("grant_type", grant_type)])


class RevokeView(ClientView):
    """Ends a token on its client's own wish (RFC 7009)."""

    def answer(self, request: HttpRequest) -> JsonResponse:
        """200 whether or not the token was known (section 2.2)."""
        _, headers, body, status = self.create_revocation_response(request)
        return answer_from_oauthlib(status, body, headers)


def failed_client(request: HttpRequest, client_id: str) -> Limit:
    """The limit that a wrong secret counts in. Clients that don't exist have one together, or whoever makes ids up
    would make rows."""
    known = Application.objects.filter(client_id=client_id).exists()
    return FailedClientsPerAddress(client_address(request), client_id if known else "")


def slowed_down(failed: JsonResponse, failures: Limit, wrong: str = "client secrets") -> JsonResponse:
    """The answer to a wrong secret, or 429 after too many; `wrong`: of what.

    It counts when it has failed, so that the right one is never kept waiting by somebody else's wrong ones: secrets
    are far too long to be guessed, and cost nothing to be looked at (accounts/oauth/secrets.py).
    """
    if failures.take():
        return failed
    return error_answer(
        429,
        "too_many_requests",
        f"Too many wrong {wrong} from this address. Try again later.",
        {"Retry-After": str(failures.seconds())},
    )


def _client_id(request: HttpRequest, parameters: Parameters) -> str:
    """Who the client says it is, in the body or by HTTP Basic (RFC 6749, section 2.3.1)."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return unquote_plus(base64.b64decode(credentials).decode().partition(":")[0])
        except (binascii.Error, ValueError):
            return ""
    return dict(parameters).get("client_id", "")
