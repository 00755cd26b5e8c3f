"""Who is told that their room runs out: at each mark of accounts/room.py, before what services send is refused.

Once each time that the use rises above a mark. It has to fall some points below before that counts again, or somebody
who throws a little away would be told with every item.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from accounts.room import LESS, MARKS, mark_reached
from importers.models import Transfer
from importers.telling.mails import send_room_runs_out

LOOKS_BACK = timedelta(hours=1)  # at who has got something: longer than nobody works, as a rule


def tell_people(now: datetime) -> int:
    """Looks at who has got something lately and is above a mark, and at who has been told and is below it again.
    Returns how many mails that makes."""
    lately = Transfer.objects.filter(last_item_at__gte=now - LOOKS_BACK).values("owner_id")
    limited = User.objects.alias(percents=F("used_bytes") * 100).filter(pk__in=lately, quota_bytes__gt=0)
    above = Q()
    for mark in MARKS:
        above |= Q(room_told__lt=mark, percents__gte=F("quota_bytes") * mark)
    told = User.objects.alias(percents=F("used_bytes") * 100).filter(room_told__gt=0)
    below = Q(quota_bytes=None) | Q(percents__lt=F("quota_bytes") * (F("room_told") - LESS))
    return sum(_tell(person) for person in (*told.filter(below), *limited.filter(above)))


@transaction.atomic
def _tell(person: User) -> bool:
    """Notes the mark that a person has reached, or that they have fallen below one. Returns whether they get a mail."""
    reached = mark_reached(person)
    rises = reached > person.room_told
    now_at = reached if rises else min(person.room_told, mark_reached(person, less=LESS))
    mine = User.objects.filter(pk=person.pk, room_told=person.room_told)
    if not mine.update(room_told=now_at) or not rises or not person.mails_of_room:
        return False
    if not person.is_active or person.blocked in (User.Blocked.MOVED, User.Blocked.GOING):
        return False
    send_room_runs_out.send(person.pk)
    return True
