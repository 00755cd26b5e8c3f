"""Who has nearly no room left."""

from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User

MARKS = (80, 95)  # percent of the quota; at each of them a person is told
LESS = 5  # percentage points that the use must fall below a mark before it counts as reached again


def near_the_quota(people: QuerySet[Any]) -> QuerySet[Any]:
    """Returns those who have used four fifths of their quota, or more."""
    return people.filter(quota_bytes__isnull=False, used_bytes__gte=F("quota_bytes") * (MARKS[0] / 100))


def mark_reached(person: User, less: int = 0) -> int:
    """Returns the highest mark that a person's use has reached, taken `less` points lower; 0 where there is none."""
    if person.quota_bytes is None:
        return 0
    return max((mark for mark in MARKS if person.used_bytes * 100 >= person.quota_bytes * (mark - less)), default=0)
