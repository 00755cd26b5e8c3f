"""What can't be read is refused before any view, and before the pages that say errors, which read some of it.

Views, middleware and libraries may so rely on it: headers and forms are UTF-8, cookies have no NUL, and a form is
small, whole and url-encoded. Addresses are always text: what is no UTF-8 in them Django replaces.
"""

import codecs
import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from csp.constants import HEADER as CONTENT_POLICY
from csp.utils import build_policy
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text
from config.bridge import STOPPED, TOO_LARGE
from config.watch import STOPPING

log = logging.getLogger("wharf.request")

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Header = tuple[bytes, bytes]

FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM = 64 * 1024  # bytes
MOST_FIELDS = 1000
MULTIPART = "multipart/"
METHODS = ("GET", "HEAD", "OPTIONS", "POST")  # of pages, and of a view that names none
ITEMS = "/import/"  # whose view judges paths and bodies itself, and keeps a record of what it refuses
CHARSET = re.compile(rb";\s*charset\*?[\d*]*\s*=[^;]*", re.IGNORECASE)
UNREADABLE_TYPE = b"unreadable/unreadable"  # stands for a Content-Type that can't be read
HEADERS_AS_THEY_COME = "HTTP_X_DTP_"  # which name a job, and refuse none: whoever reads them replaces what is no UTF-8


class UnreadableRequest(Exception):
    """Something of a request that can't be read: a status, a sentence for whoever wrote the client, and the template of
    a page for people, where it has one of its own."""

    def __init__(self, sentence: Text, status: int = 400, retry_after: int | None = None, page: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.retry_after = retry_after  # seconds
        self.page = page or ("503.html" if status == HTTPStatus.SERVICE_UNAVAILABLE else "400.html")


def with_readable_type(headers: Iterable[Header]) -> list[Header]:
    """Returns the headers of a request with a `Content-Type` that Django can read, for it would fail at another before
    there is a request: one that can't be read becomes one that says so, and no one has a charset any more. Forms are
    UTF-8; of JSON and of bytes a charset says nothing (RFC 8259, section 11), but queries would be read by it."""
    return [(name, _readable_type(value) if name.lower() == b"content-type" else value) for name, value in headers]


def _readable_type(value: bytes) -> bytes:
    try:
        kind, parameters = parse_header_parameters(value.decode("latin-1"))
    except (ValueError, LookupError):
        return UNREADABLE_TYPE
    charset = parameters.get("charset")
    if charset is None:
        return value
    if kind == FORM_TYPE and not _is_utf8(charset):
        return UNREADABLE_TYPE
    return CHARSET.sub(b"", value)


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False


class ReadableRequests:
    """Middleware: answers what can't be read with 400, a form that is none of ours with 413 or 415, a method that no
    page has with 405."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            require_readable(request)
        except UnreadableRequest as unreadable:
            return refused(unreadable)
        response = self.get_response(request)
        # Django takes TRACE for a safe method, so views that name none would answer it as a GET.
        return HttpResponseNotAllowed(METHODS) if request.method == "TRACE" and response.status_code < 400 else response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponseBase | None:
        """Answers for a method that no page has before forms are looked at, which would call it a forged one. What
        programs call has no forms, and says itself what it takes."""
        if request.method in METHODS or getattr(view, "csrf_exempt", False):
            return None
        return HttpResponseNotAllowed(METHODS)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Answers for a view whose client has left, has sent less than it said, or has said what no column holds."""
        match error:
            case UnreadablePostError():
                return refused(BROKEN_OFF)
            case DataError() | OverflowError():
                log.warning("what was asked is more than a column holds: %s", (str(error).splitlines() or [""])[0])
                return refused(NOT_HELD)
        return None


NOT_HELD = UnreadableRequest(
    _("Something in it is longer, larger or of other characters than anything that is kept here.")
)
STOPS = UnreadableRequest(_(STOPPING), 503, retry_after=5)
BROKEN_OFF = UnreadableRequest(_("The body broke off: it is shorter than its Content-Length."))


def require_readable(request: HttpRequest) -> None:
    """Raises `UnreadableRequest`."""
    _require_headers(request)
    if request.path_info.startswith(ITEMS):
        return
    _require_body(request)


def _require_headers(request: HttpRequest) -> None:
    for name, value in request.META.items():
        if not name.startswith("HTTP_") or name.startswith(HEADERS_AS_THEY_COME) or not _has_octets(value):
            continue
        try:
            value.encode("latin-1").decode()
        except UnicodeDecodeError as error:
            raise UnreadableRequest(_("The header %(name)s is not UTF-8.") % {"name": _written(name)}) from error
    if "HTTP_COOKIE" in request.META and any("\0" in value for value in request.COOKIES.values()):
        raise UnreadableRequest(_("A cookie has a NUL."))


def _has_octets(value: str) -> bool:
    """Whether a header is other bytes than ASCII, which stand in it as Latin-1 (PEP 3333)."""
    return not value.isascii() and max(value) <= "\xff"


def _written(name: str) -> str:
    return name.removeprefix("HTTP_").replace("_", "-").title()


def _require_body(request: HttpRequest) -> None:
    if request.META.get(STOPPED):
        raise STOPS
    kind = (request.content_type or "").lower()
    if kind == UNREADABLE_TYPE.decode():
        raise UnreadableRequest(
            _("The Content-Type can't be read, or says that a form is of another charset than UTF-8.")
        )
    if request.method in ("GET", "HEAD"):
        return
    if kind.startswith(MULTIPART):
        raise UnreadableRequest(
            _("A form comes as %(type)s, never as %(other)s….") % {"type": FORM_TYPE, "other": MULTIPART}, 415
        )
    if request.META.get(TOO_LARGE):
        raise UnreadableRequest(_("The body is larger than 64 KiB."), 413)
    if kind == FORM_TYPE:
        _require_form(request)


def _require_form(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or ("HTTP_TRANSFER_ENCODING" in request.META and length == "0"):
        raise UnreadableRequest(_("So large a form needs a Content-Length."), 411)
    if int(length) > LARGEST_FORM:
        raise UnreadableRequest(_("A form has at most 64 KiB."), 413)
    try:
        form = request.body
    except UnreadablePostError as error:
        raise BROKEN_OFF from error
    if len(form) < int(length):
        raise BROKEN_OFF
    if form.count(b"&") >= MOST_FIELDS:
        raise UnreadableRequest(_("A form has at most %(most)s fields.") % {"most": MOST_FIELDS})
    try:
        unquote_to_bytes(form).decode()
    except UnicodeDecodeError as error:
        raise UnreadableRequest(_("The form is not UTF-8.")) from error


def refused(unreadable: UnreadableRequest) -> HttpResponse:
    """Returns a page that reads nothing of the request; where programs call, `ProgramErrors` says the same to them."""
    sentence = str(unreadable.sentence)
    page = render_to_string(unreadable.page, {"sentence": sentence})
    answer = SaidAnswer(page, sentence, HTTPStatus(unreadable.status))
    answer["Cache-Control"] = "no-store"
    if unreadable.retry_after is not None:
        answer["Retry-After"] = str(unreadable.retry_after)
    answer["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    answer[CONTENT_POLICY] = build_policy()
    return answer


class SaidAnswer(HttpResponse):
    """An error whose sentence programs are told as well."""

    def __init__(self, page: str, sentence: str, status: HTTPStatus) -> None:
        super().__init__(page, status=status)
        self.sentence = sentence
