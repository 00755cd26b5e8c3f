"""Pages while an account is on its way: nothing is edited that an archive brings, or that leaves with one.

While an archive comes in, or an account moves here, its person sees the progress instead of their pages. While it
moves away, the pages can be read, and say where it goes. Both follow from rows alone, so they end with the import or
the move, however it ends. What programs send with a token goes on: imports merge, and each endpoint has its own rules.
Whatever happens, a person's controls are open: the password, connected services, deletion, and what stops something.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.models import User
from moves.imports.progress import page, status
from moves.models import Move

# What stays as it is: logging in and out, imports and moves themselves, what is behind a capability, what programs
# call, and what operators do.
OPEN = (
    "/auth/",
    "/move/",
    "/settings/imports",
    "/settings/move",
    "/initialize",
    "/callback/",
    "/exports/",
    "/content/",
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
# By which people keep others out, end what others may do, and leave: no state of an account takes them away.
CONTROLS = re.compile(r"/settings/(password|services|delete|exports/show|exports/[^/]+/revoke)(/|$)")
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
        arriving = status.of(person.pk)
        if arriving.is_waiting and not is_control:
            refused = request.method not in SAFE
            return page.page(request, arriving, refused=refused, status=409 if refused else 200)
        if person.blocked == User.Blocked.MOVING:
            return self._departing(request, person, is_control=is_control)
        return self.get_response(request)

    def _departing(self, request: HttpRequest, person: User, *, is_control: bool) -> HttpResponseBase:
        """A page with a banner, or a refusal to change anything; but a control does what it says."""
        if (move := departure(person)) is not None:
            banner = render_to_string("moves/departure.html", {"move": move})
            request.banner = banner  # type: ignore[attr-defined]  # for templates/base.html
        if is_control or request.method in SAFE:
            return self.get_response(request)
        return render(request, "moves/read_only.html", status=409)


def departure(person: User) -> Move | None:
    """Returns the move with which an account departs, or None."""
    moves = Move.objects.filter(owner=person, side=Move.Side.SOURCE, ended_at=None)
    running = moves.exclude(state__in=(Move.State.REQUESTED, Move.State.CALLING_OFF))
    return running.order_by("-created_at", "-pk").first()
