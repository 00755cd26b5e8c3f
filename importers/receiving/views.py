"""`POST /import/<vertical>`."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from django.conf import settings
from oauth2_provider.models import AccessToken
from rest_framework.request import Request as RestRequest
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.rest.authentication import BearerAuthentication
from accounts.rest.scopes import MaySendItems
from importers import errors
from importers.items.arrival import ItemAnswer
from importers.receiving.answers import exception_handler
from importers.receiving.multipart import CutShort
from importers.receiving.receive import receive
from importers.receiving.request import ItemRequest, read_item
from importers.registry import VERTICALS
from importers.transfers import rejections
from importers.transfers.transfer import ExporterJob

log = logging.getLogger("wharf.import")


class ItemRate(SimpleRateThrottle):
    """The operator's limit of items per minute for one person and client, where there is one."""

    scope = "items"

    def get_rate(self) -> str | None:
        limit = settings.WHARF_ITEMS_PER_MINUTE
        return f"{limit}/minute" if limit else None

    def get_cache_key(self, request: RestRequest, view: APIView) -> str | None:
        token = cast(AccessToken, request.auth)
        return f"items:{token.user_id}:{token.application_id}"


class ReceivingView(APIView):
    """What is below /import: for whoever has a good token, with errors in the form of RFC 6749, section 5.2."""

    authentication_classes = [BearerAuthentication]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Returns what answers an exception."""
        return exception_handler


class ImportView(ReceivingView):
    """Takes one item (specification, "HTTP Interface"): 201 with the record's id and what became of the item."""

    http_method_names = ["post"]
    permission_classes = [MaySendItems]
    throttle_classes = [ItemRate]

    def post(self, request: RestRequest, vertical: str) -> Response:
        token = cast(AccessToken, request.auth)
        arriving = ItemRequest(
            owner=token.user,
            job=ExporterJob.of(token.application.client_id, token.application.name, request.headers),
            vertical=vertical,
            headers=request.headers,
            stream=request._request,
        )
        try:
            saved = self._receive(arriving)
        except CutShort as cut:
            # Mostly nobody is there to read this: the sender has gone.
            log.warning("an item was cut short", extra={"vertical": vertical})
            raise errors.malformed("The body ended before its Content-Length or its closing boundary.") from cut
        except Exception as error:
            if (refusal := errors.as_refusal(error)) is not None:
                rejections.record(arriving.owner, arriving.job, vertical, refusal, arriving.json)
            raise
        return Response({"id": saved.doc_id, "status": saved.status.value}, status=201)

    def _receive(self, arriving: ItemRequest) -> ItemAnswer:
        if arriving.vertical not in VERTICALS:
            with suppress(errors.Refusal, CutShort):  # whatever it is, it is refused; its JSON is kept if it has any
                read_item(arriving)
            raise errors.unknown_vertical(arriving.vertical, sorted(VERTICALS))
        self.check_object_permissions(self.request, arriving.vertical)
        return receive(arriving)


class TokenCheckView(ReceivingView):
    """`GET /import/`: 204 for a token that is good here, 401 for any other. Does nothing else."""

    http_method_names = ["get"]

    def get(self, request: RestRequest) -> Response:
        return Response(status=204)
