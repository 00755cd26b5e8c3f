"""`POST /import/<vertical>`."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request as RestRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.oauth.bearer import token_of
from accounts.oauth.remembered import TokenChanged, is_same, remembered
from accounts.oauth.suspended import suspended_clients
from accounts.rest.authentication import REMEMBERED, BearerAuthentication, RememberedAuthentication
from accounts.rest.scopes import scopes_of
from accounts.rest.view import OneForm
from importers import errors, memory
from importers.receiving import large_json
from importers.receiving.answers import exception_handler
from importers.receiving.multipart import ReadableBody
from importers.receiving.patience import LockPatience
from importers.receiving.rate import must_wait
from importers.receiving.receive import receive
from importers.receiving.request import ItemRequest, WatchedBody, refused_item
from importers.receiving.turn import TURN
from importers.receiving.whole_body import WholeBody
from importers.schemas.index import taken
from importers.transfers import rejections
from importers.transfers.transfer import ExporterJob


class ReceivingView(APIView):
    """What is below /import: for whoever has a good token, with errors in the form of RFC 6749, section 5.2."""

    authentication_classes = [BearerAuthentication]
    content_negotiation_class = OneForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answers, with one patience for all that the request waits for the database, from its token on."""
        turn = request.META.get(TURN)
        waited = time.monotonic() - turn.since if turn is not None and turn.taken else 0.0
        with LockPatience(waited) as self.patience:
            return super().dispatch(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Returns what answers an exception."""
        return exception_handler


class ImportView(ReceivingView):
    """Takes one item (specification, "HTTP Interface"): 201 with the record's id and what became of the item."""

    http_method_names = ["post"]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Returns what remembers tokens: every item asks after its own in its transaction."""
        return [RememberedAuthentication(settings.WHARF_READ_FIRST)]

    def post(self, request: RestRequest, vertical: str) -> Response:
        arriving = self._arriving(request, vertical, _body(request._request), is_remembered=request.META[REMEMBERED])
        try:
            return self._take(request, arriving)
        except TokenChanged:
            self._look_up(request)
        whole = BytesIO(arriving.stream.beginning())  # a body that came with a remembered token is small
        return self._take(request, self._arriving(request, vertical, whole), has_turn=True)

    def _arriving(
        self, request: RestRequest, vertical: str, body: ReadableBody, *, is_remembered: bool = False
    ) -> ItemRequest:
        token = cast(AccessToken, request.auth)
        read = request._request.META.get("wsgi.input")
        in_memory = read.size if isinstance(read, WholeBody) else None
        return ItemRequest(
            owner=token.user,
            token=token if is_remembered else None,
            job=ExporterJob.of(token.application.client_id, token.application.name, request.headers),
            scopes=scopes_of(request),
            vertical=vertical,
            headers=request.headers,
            stream=WatchedBody(body, in_memory),
            patience=self.patience,
            is_in_memory=in_memory is not None,
            suspended=suspended_clients.why(token.application_id),
        )

    def _take(self, request: RestRequest, arriving: ItemRequest, *, has_turn: bool = False) -> Response:
        token = cast(AccessToken, request.auth)
        failed = True
        try:
            if not has_turn and must_wait(request._request.META.get(TURN), token.user_id, token.application_id):
                return Response(status=429)  # nobody gets this answer: the server asks again in time
            saved = receive(arriving)
            failed = False
        except TokenChanged:
            raise
        except Exception as error:
            if arriving.token is not None:
                self._look_up(request)
                if not is_same(arriving.token, request.auth):
                    raise TokenChanged from error
            self.patience.refuse()
            refusal = errors.as_refusal(error) or errors.server_error()
            rejections.record(arriving.owner, arriving.job, arriving.vertical, refusal, refused_item(arriving))
            raise
        finally:
            if not arriving.is_in_memory or large_json.is_large(len(arriving.json)):
                _clear_up(failed)
        return Response({"id": saved.doc_id, "status": saved.status.value}, status=201)

    def _look_up(self, request: RestRequest) -> None:
        """Puts the token as it is now into the request. Raises `TokenRefused` where it is not good any more."""
        remembered.forget(request.META.get("HTTP_AUTHORIZATION", ""))
        request.auth = token_of(request._request)


def _clear_up(failed: bool) -> None:
    """After a large item: nothing of it stays in memory. The connection's prepared statements hold copies of the last
    values that they were given, and its cache the pages."""
    if not connection.in_atomic_block:
        connection.close()
    memory.give_back(after_error=failed)


def _body(request: HttpRequest) -> ReadableBody:
    """Where the body comes from. Django takes one for empty that comes in chunks."""
    if request.META.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" not in request.META:
        return request
    return cast(ReadableBody, request.META["wsgi.input"])


class TakenView(ReceivingView):
    """`GET /import/`: what this server takes, for a token that is good here; 401 for any other."""

    http_method_names = ["get"]

    def get(self, request: RestRequest) -> Response:
        return Response(taken())
