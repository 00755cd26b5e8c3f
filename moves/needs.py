"""What needs a person, of archives and moves."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import User
from accounts.sizes import human_size
from accounts.texts import translated
from importers.above import Need
from moves.models import ArchiveImport, Export, Move

MOST_MOVES = 3  # of which the front page says something
OFF = (Move.State.CALLING_OFF, Move.State.FAILED)
SAID_FOR = timedelta(days=7)  # how long the front page says how something has ended


def needs(person: User) -> Iterator[Need]:
    """Yields moves that are under way or wait for a confirmation, archives that can be fetched, and how the last import
    and move have ended."""
    yield from _moves(person)
    last = _ready(person).exclude(origin="move").order_by("-created_at").first()
    if last is not None:
        ready = _("An archive of your data is ready, %(size)s.") % {"size": human_size(last.archives_size)}
        yield Need(ready, pgettext("an archive", "Download it"), reverse("exports"))
    yield from _brought_in(person)


def _brought_in(person: User) -> Iterator[Need]:
    """How the last import has ended: for some days, and as long as it is the last one where something is missing."""
    came = ArchiveImport.objects.filter(owner=person).exclude(origin="move").order_by("-created_at").first()
    if came is None or came.finished_at is None:
        return
    address = reverse("import-report", args=[came.doc_id])
    server = {"server": translated(came.server)}
    if came.state == ArchiveImport.State.INCOMPLETE:
        yield Need(_("The archive that you brought in last lacked something."), _("See what"), address)
    elif came.finished_at < timezone.now() - SAID_FOR:
        return
    elif came.state == ArchiveImport.State.DONE:
        if came.server:
            whole = _("Everything of the archive from %(server)s that you brought in is here.") % server
        else:
            whole = _("Everything of the archive that you brought in is here.")
        yield Need(whole, _("See what came"), address)
    elif came.stopped:
        if came.server:
            stopped = _("What you brought in from %(server)s was stopped. What had come stays here.") % server
        else:
            stopped = _("What you brought in was stopped. What had come stays here.")
        yield Need(stopped, _("See what came"), address)
    else:
        if came.server:
            failed = _("What you brought in from %(server)s has not come whole.") % server
        else:
            failed = _("What you brought in has not come whole.")
        yield Need(failed, _("See why"), address, bad=True)


def _moves(person: User) -> Iterator[Need]:
    since = timezone.now() - SAID_FOR
    ends = (Move.State.ARRIVED, Move.State.MOVED, Move.State.FAILED)
    mine = Move.objects.filter(Q(ended_at=None) | Q(state__in=ends, ended_at__gt=since), owner=person).exclude(
        state__in=OFF,
        why__in=(Move.Why.STOPPED, Move.Why.STOPPED_THERE),  # who has stopped it knows that
    )
    shown = mine.order_by(F("ended_at").desc(nulls_first=True), "-created_at")[:MOST_MOVES]
    ended = 0
    for move in shown:
        server = {"server": translated(move.peer)}
        ended += move.ended_at is not None or move.state in OFF
        if move.state == Move.State.REQUESTED:
            yield Need(_("A move of your account waits until you confirm it by mail."), _("See it"), reverse("move"))
        elif move.ended_at is None and move.state not in OFF:
            yield Need(_("A move of your account is under way."), _("See how far it is"), reverse("move"))
        elif ended > 1 or move.state == Move.State.MOVED:  # that the account has moved stands there on its own
            return
        elif move.state not in OFF:
            arrived_from = _("Your account has arrived from %(server)s.") % server
            yield Need(arrived_from, _("See what came, and the proof"), reverse("importing"))
        elif move.side == Move.Side.SOURCE:
            yield Need(_("Your account was not moved to %(server)s.") % server, _("See why"), reverse("move"), bad=True)
        else:
            failed_from = _("Your account at %(server)s was not moved here.") % server
            yield Need(failed_from, _("See why"), reverse("move"), bad=True)


def archives(person: User) -> Iterator[str]:
    """Yields how many archives can be fetched, which nobody can any more when the account is gone."""
    number = _ready(person).count()
    if number:
        yield ngettext(
            "%(number)s archive that you have made, with its link",
            "%(number)s archives that you have made, with their links",
            number,
        ) % {"number": number}


def _ready(person: User) -> QuerySet[Export]:
    now = timezone.now()
    return Export.objects.filter(owner=person, state=Export.State.DONE, expires_at__gt=now, removed_at=None)
