"""Mails that have to be sent: each is a row until it was, so that none is lost with a message, a broker or a worker."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.db.transaction import on_commit
from django.utils import timezone

from accounts import waking
from accounts.models import Letter

log = logging.getLogger("wharf.accounts")

SEND = "accounts.tasks.send_letter"  # the task
FIRST_PAUSE = timedelta(seconds=30)  # after a try that failed; each time twice as long
MOST_TRIES = 8  # for two hours
SENDING = timedelta(minutes=5)  # after which whoever was at it is dead: a mail server has half a minute to answer
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class LetterKind:
    """What is sent, by a function of what it is about. It raises `OSError` where no mail can be sent now."""

    name: str
    write: Callable[..., None]

    def send(self, *about: Any) -> None:
        """Has one sent, as soon as what it tells of stands."""
        row = Letter.objects.create(kind=self.name, about=list(about))
        on_commit(lambda: waking.tell(SEND, row.pk))


_kinds: dict[str, LetterKind] = {}


def letter(write: Callable[..., None]) -> LetterKind:
    """Makes a kind of a function, called like it."""
    kind = _kinds[write.__name__] = LetterKind(write.__name__, write)
    return kind


def send(pk: int) -> None:
    """Sends one, unless somebody else does or it isn't due. Where no mail can be sent, it is due again later, and after
    some tries it is given up: one that never can be sent must not stand in the way of others."""
    now = timezone.now()
    free = Q(sending_at=None) | Q(sending_at__lt=now - SENDING)
    if not Letter.objects.filter(free, pk=pk, due_at__lte=now).update(sending_at=now):
        return
    row = Letter.objects.get(pk=pk)
    try:
        _kinds[row.kind].write(*row.about)
    except (InterfaceError, OperationalError):
        raise  # the database is away: the row is free again in a while
    except OSError as error:
        log.warning("a mail could not be sent: %s", row.kind, exc_info=error)
        _try_again(row)
    except Exception as fault:  # whatever it is, the row must not be taken up for ever
        log.error("a mail could not be sent by a fault of this program: %s", row.kind, exc_info=fault)
        _try_again(row)
    else:
        row.delete()


def _try_again(row: Letter) -> None:
    """Makes one due again later, or gives it up."""
    if row.tries + 1 >= MOST_TRIES:
        log.error("a mail is given up, after so many tries: %s", row.kind)
        row.delete()
        return
    due = timezone.now() + FIRST_PAUSE * 2**row.tries
    Letter.objects.filter(pk=row.pk).update(tries=F("tries") + 1, due_at=due, sending_at=None)


def revive() -> None:
    """Wakes a worker for those that are due and that nobody sends."""
    now = timezone.now()
    free = Q(sending_at=None) | Q(sending_at__lt=now - SENDING)
    for pk in list(
        Letter.objects.filter(free, due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:MOST_AT_ONCE]
    ):
        waking.tell(SEND, pk)
