"""What an archive brought into the bin is not deleted from there before its person had time to see it."""

from datetime import datetime

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from moves.models import ArchiveImport


def bin_rests_until(person: User) -> datetime | None:
    """Returns until when a bin is not emptied by itself: while an archive comes in, and for as long afterwards as it
    keeps things. A Cozy's bin empties itself never, so what it has been in for years would be gone at once. None where
    no archive came."""
    imports = ArchiveImport.objects.filter(owner=person)
    if imports.filter(state=ArchiveImport.State.IMPORTING).exists():
        return timezone.now() + settings.WHARF_BIN_TIME
    last: datetime | None = imports.aggregate(last=Max("finished_at"))["last"]
    return last + settings.WHARF_BIN_TIME if last else None
