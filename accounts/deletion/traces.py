"""What names a person beside the rows that are theirs: sessions, mails that wait, and what operators did to them."""

import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.deletion.rows import own_rows
from accounts.models import Letter, User
from audit import retention, subjects
from audit.models import AuditDetail

TRACES_AT_ONCE = 500


class TrailRows:
    """What the audit trail knows of a person, taken as `OwnRows` are. Its events stay, and name nobody."""

    def keys(self, person: int, most: int) -> list[Any]:
        """Returns the primary keys of some of it, so many at most."""
        for known in retention.details_of(subjects.person(person)):
            if found := list(known.values_list("pk", flat=True)[:most]):
                return found
        return []

    def delete(self, keys: list[Any]) -> int:
        """Deletes these. Returns how many rows that were."""
        deleted, _ = AuditDetail.objects.filter(pk__in=keys).delete()
        return deleted


def end_sessions(account: int) -> int:
    """Deletes the sessions of an account. Returns their number. Nothing but a session itself says whose it is."""
    ended, last = 0, ""
    while some := list(Session.objects.filter(session_key__gt=last).order_by("session_key")[:TRACES_AT_ONCE]):
        last = some[-1].session_key
        theirs = [one.session_key for one in some if one.get_decoded().get(SESSION_KEY) == str(account)]
        ended += Session.objects.filter(session_key__in=theirs).delete()[0] if theirs else 0
    return ended


def take_out(person: User) -> None:
    """Takes a person's name and address out of what stays, in the caller's transaction."""
    for letter in Letter.objects.all():
        if any(str(one).lower() in (person.username.lower(), person.email.lower()) for one in letter.about):
            letter.delete()
    named = _named(person)
    models = [User, *(rows.model for rows in own_rows())]
    about = ContentType.objects.get_for_models(*models).values()
    says = Q()
    for name in (person.username, person.email):
        says |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    for entry in LogEntry.objects.filter(says, content_type__in=about).iterator(TRACES_AT_ONCE):
        instead = f"account {person.pk}"
        entry.object_repr = named.sub(instead, entry.object_repr)
        entry.change_message = named.sub(instead, entry.change_message)
        entry.save(update_fields=["object_repr", "change_message"])


def _named(person: User) -> re.Pattern[str]:
    """The name or the address, standing by itself."""
    either = "|".join(re.escape(name) for name in (person.email, person.username) if name)
    return re.compile(rf"(?<![\w.+-])(?:{either})(?![\w+-])", re.IGNORECASE)
