"""Pages while an account is on its way: nothing is edited that an archive brings, or that leaves with one.

While an archive comes in, or an account moves here or away, its pages can be read, and say above what is on its way.
That follows from rows alone, so it ends with the import or the move, however that ends. Of an account that is going to
be deleted there is one page, on which it can be kept, and what takes everything out. What programs send with a token
goes on: imports merge, and each endpoint has its own rules. Whatever happens, a person's controls are open: the
password, connected services, deletion, and what stops something.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from accounts.deletion.pages import waiting
from accounts.models import User
from moves.imports.progress import status

# What stays as it is: logging in and out, moves themselves, what is behind a capability, what programs call, and what
# operators do.
OPEN = (
    "/auth/",
    "/move/",
    "/initialize",
    "/callback/",
    "/exports/",
    "/content/",
    "/thumbnails/",
    "/formats/",
    "/chosen",
    "/import/",
    "/api/",
    "/oauth/token",
    "/oauth/refresh",
    "/oauth/revoke_token",
    "/.well-known/",
    "/status",
    "/static/",
    "/admin/",
)
ON_ITS_WAY = ("/settings/imports", "/settings/move")  # where imports and moves are begun and stopped
TAKING_OUT = "/settings/exports"
# By which people keep others out, end what others may do, and leave: no state of an account takes them away.
CONTROLS = re.compile(
    r"/settings/(password|address|sessions|second|services|delete|exports/show|exports/[^/]+/revoke)(/|$)"
)
MOST_MOVES = 3  # of one account at once
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110, section 9.2.1


class Frozen:
    """Middleware, after those that know who is logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        person = None if request.path_info.startswith(OPEN) else request.user
        if not isinstance(person, User) or not person.is_authenticated:
            return self.get_response(request)
        is_control = CONTROLS.match(request.path_info) is not None
        if person.deletion_at is not None:
            return self._going(request, person, is_control=is_control)
        under_way = status.under_way(person.pk)
        if under_way:
            _set_banner(request, person, under_way)
        is_arriving = under_way is not None and under_way.is_waiting
        may_edit = request.method in SAFE or is_control or request.path_info.startswith(ON_ITS_WAY)
        if may_edit or not (is_arriving or person.blocked == User.Blocked.MOVING):
            return self.get_response(request)
        return render(request, "moves/read_only.html", {"arriving": is_arriving}, status=409)

    def _going(self, request: HttpRequest, person: User, *, is_control: bool) -> HttpResponseBase:
        """The way to the page of an account that is going to be deleted, unless it is one of the few that are left."""
        if is_control or request.path_info.startswith(TAKING_OUT):
            return self.get_response(request)
        if request.method in SAFE:
            return redirect("delete-account")
        return waiting(request, person, refused=True)


def _set_banner(request: HttpRequest, person: User, arriving: status.ArrivalStatus) -> None:
    """Says above every page, from its beginning to its end, what is on its way."""
    moves = status.open_moves(person)[:MOST_MOVES]
    words = {"arriving": arriving, "moves": moves, "person": person}
    request.banner = render_to_string("moves/banner.html", words)  # type: ignore[attr-defined]  # for templates/base.html
