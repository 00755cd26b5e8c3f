"""`GET /move/importing`: where a person waits for what comes in, and reads how a move to here has ended."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from accounts.connections import connections
from accounts.models import User
from accounts.oauth.issue import COMMAND_LINE
from importers.models import Source
from moves.imports.progress import cookie, page
from moves.imports.progress.status import ArrivalStage, ArrivalStatus
from moves.models import Move
from moves.moving import receipts
from moves.moving.hints import PAGE, hinted

MOST_SERVICES = 20  # that are named as those to be connected again
ARCHIVES = "archive:"  # how the clients begin that stand for archives of other servers
LOOKS_AGAIN = "3"  # seconds after which the page is loaded again, while the source is told that everything is here
OF_ENDS = (Move.State.ARRIVED, Move.State.COPIED, Move.State.UNCLEAR)


@never_cache
@sensitive_variables()
def arriving(request: HttpRequest) -> HttpResponse:
    """200 for anyone: a source server's client follows a redirect to here, and takes anything else for a failure. With
    the source's hint, 303 to the same page with the cookie for the progress, and no session."""
    if "hint" in request.GET:
        headers = {"Location": PAGE, "Referrer-Policy": "no-referrer"}
        answer = HttpResponse(status=303, headers=headers)
        if (person := hinted(request.GET)) is not None:
            cookie.grant(answer, person)
        return answer
    standing = page.seen(request)
    answer = page.page(request, standing, **_end_of(standing))
    if standing.move_state in Move.ASKING_HOW_IT_ENDED:
        answer["Refresh"] = LOOKS_AGAIN
    return answer


def _end_of(standing: ArrivalStatus) -> dict[str, Any]:
    """What the page says of a move that has ended: the proof, the receipt, and what is to be connected again."""
    if not standing.move_id or standing.is_waiting or standing.stage == ArrivalStage.NOTHING:
        return {}
    move = Move.objects.select_related("owner", "current_import").filter(doc_id=standing.move_id).first()
    if move is None:
        return {}
    words: dict[str, Any] = {"move": move, "receipt": reverse("move-receipt", args=[move.doc_id])}
    if move.state in OF_ENDS:
        words |= receipts.sums(move, receipts.paper(move)) | {
            "services": _to_connect(move.owner),
            "server": settings.WHARF_BASE_URL,
        }
    return words


def _to_connect(person: User) -> list[str]:
    """The services whose data came along, and that are not connected here: what they have later they send to the old
    account, where that was closed to nobody."""
    connected = [held.application for held in connections(person)]
    sources = Source.objects.filter(owner=person).exclude(client_id__startswith=ARCHIVES)
    sources = sources.exclude(client_id__in=[one.client_id for one in connected])
    names: dict[str, None] = {}
    for source in sources.exclude(client_name=COMMAND_LINE).order_by("-pk")[:200]:
        if source.client_name not in {one.name for one in connected}:
            names.setdefault(source.said_name)
    return list(names)[:MOST_SERVICES]
