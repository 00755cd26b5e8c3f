"""Which times decide which of two states is the later one."""

from datetime import datetime, timedelta

from django.utils import timezone

AHEAD = timedelta(days=1)  # that another server's clock may be ahead of this one's


def deciding(changed: datetime | None) -> datetime | None:
    """Returns a time of change, if it may decide which of two states wins; None for one that has not come yet by more
    than a day: whoever says so would win for ever. What is kept says it all the same."""
    return None if changed is None or changed > timezone.now() + AHEAD else changed
