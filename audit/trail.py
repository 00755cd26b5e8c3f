"""The one way into the trail."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from audit import pending, repeats, subjects
from audit.acting import Actor, current_actor
from audit.hashes import text_of
from audit.kinds import COUNTED, AuditKind
from audit.links import append

LONGEST_DETAIL = 1000  # characters


def record(
    kind: AuditKind,
    *,
    subject: str,
    actor: str = "",
    request: HttpRequest | None = None,
    why: str = "",
    cause: str = "",
    **details: Any,
) -> None:
    """Adds an event to the chain of `subject`, in the transaction that is under way: it is there if what it tells is.

    `actor`: who did it, an opaque name (audit/subjects.py); without one, who sent `request`, or the request that is
    being answered, or the command or the server itself. `why`: the reason that was given. `details`: what else there is
    to say, as JSON takes it; none of it is in the chain, where nothing can be erased. Kinds that can be repeated are
    counted by subject, `cause` and minute, and become events when the minute is over (audit/repeats.py).

    It is written when the transaction ends (audit/pending.py), so that whatever else that waits for comes before.
    """
    now = timezone.now()
    subject = subjects.chain_of(subject, now)
    said = {name: _short(value) for name, value in details.items() if value not in (None, "")}
    what = said | ({"why": _short(why)} if why else {})
    by = current_actor(request)
    if actor and actor != by.name:
        by = Actor(actor, {name: value for name, value in by.known.items() if name != "name"})
    if kind in COUNTED:
        again = partial(repeats.count, kind, subject=subject, cause=cause, by=by, what=text_of(what), at=now)
        pending.add(subject, again, counted=True)
    else:
        pending.add(subject, partial(append, kind, subject=subject, by=by, what=what, at=now))


def _short(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | list | dict) else str(value)[:LONGEST_DETAIL]
