"""`GET /thumbnails/<kind>/<doc_id>/<size>`: a small picture of a record, for the person whose record it is."""

import logging
import re
from datetime import timedelta

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response

from accounts.models import User
from importers.content import stored
from importers.content.stored import Incomplete
from importers.errors import SERVICE_ERRORS
from importers.models import Thumbnail
from importers.thumbnails.addresses import TOLD_APART_BY, model_of

log = logging.getLogger("wharf.thumbnails")

TOLD_APART = re.compile(f"[0-9a-f]{{{TOLD_APART_BY}}}")
KEPT_FOR = int(timedelta(days=7).total_seconds())
PICTURE_ALONE = {
    "Content-Type": "image/webp",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def thumbnail(request: HttpRequest, kind: str, doc_id: str, size: str) -> HttpResponseBase:
    """The thumbnail, or 404 for whoever doesn't hold the record, as where there is none.

    It is whole in memory, and small: its thread is free before the client has read it. A browser keeps what an address
    with `?of=` of `thumbnail_address` gave, and asks again where that is missing.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    person = request.user
    if not isinstance(person, User):
        return redirect_to_login(request.get_full_path())
    found = _find(person, kind, doc_id, size, request.GET.get("of", ""))
    if found is None:
        return render(request, "404.html", status=404)
    etag = f'"{found.sha256}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = HttpResponse(stored.read_at(found.storage_key, 0, found.bytes))
        except (Incomplete, *SERVICE_ERRORS) as error:
            log.error("the storage does not have %s", found.storage_key, exc_info=error)
            return render(request, "503.html", status=503)
    for name, value in PICTURE_ALONE.items():
        response[name] = value
    is_told_apart = request.GET.get("of") == found.content.sha256[:TOLD_APART_BY]
    response["Cache-Control"] = f"private, max-age={KEPT_FOR}, immutable" if is_told_apart else "private, no-cache"
    response["ETag"] = etag
    return response


def _find(person: User, kind: str, doc_id: str, size: str, of: str) -> Thumbnail | None:
    """`of`: how the SHA-256 of what is to be shown begins. Where the record shows something else by now, that is."""
    model = model_of(kind)
    if model is None:
        return None
    rows = Thumbnail.objects.filter(content__in=model.shown_of(person, doc_id), size=size).select_related("content")
    meant = rows.filter(content__sha256__startswith=of).first() if TOLD_APART.fullmatch(of) else None
    return meant or rows.order_by("pk").first()
