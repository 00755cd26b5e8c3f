"""Room: what a person may hold, what they hold, and what is reserved for uploads on their way.

Use = content, once each + received JSON. Use and reservations together never exceed the quota: whoever changes either
has locked the person's row first. Nothing is locked while bytes flow.
"""

from typing import Any

from django.db.models import Func, IntegerField, Sum
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from accounts.oauth.remembered import REMEMBERED_COLUMNS, TokenChanged
from accounts.texts import kept_text
from importers import errors, statements
from importers.content import processes
from importers.models import Upload

# In the order of the model, in which `from_db` takes them.
NO_ROOM = kept_text("No room for %(size)s more bytes: %(used)s of %(quota)s bytes are in use.")
QUOTA_COLUMNS = ("id", "username", "quota_bytes", "used_bytes", "has_deleted", "blocked", "blocked_note")


def lock(owner: User, token: AccessToken | None = None) -> User:
    """The person's row, fresh, locked to the end of the transaction. On SQLite the transaction itself is the lock.

    `token`: one that was good a moment ago. Raises `TokenChanged` unless it still is what it was.
    """
    if token is None:
        row = statements.first(User, QUOTA_COLUMNS, {"id": owner.pk}, lock=True)
    else:
        active = {"id": owner.pk, "is_active": True}
        row = statements.first(User, QUOTA_COLUMNS, active, lock=True, beside=token, beside_as=REMEMBERED_COLUMNS)
        if row is None:
            raise TokenChanged
    if row is None:
        raise errors.account_gone()
    return User.from_db(None, QUOTA_COLUMNS, row)


def require_unblocked(owner: User) -> None:
    """Raises 413 `destination_full`, the one answer that makes a worker wait for the person."""
    if owner.blocked:
        raise errors.destination_full(owner.why_blocked)


def has_room(owner: User, size: int, upload: Upload | None = None, *, reserved: bool = True) -> bool:
    """Whether `size` more bytes fit for the locked `owner`, with what is reserved for uploads other than `upload`.

    An upload whose process is dead, or that has shown no sign of life for minutes, reserves nothing. `reserved`:
    whether to look at reservations at all.
    """
    if owner.quota_bytes is None or size <= 0:
        return True
    room = owner.quota_bytes - owner.used_bytes - size
    if room < 0 or not reserved:
        return room >= 0
    if _reserved(owner, upload) <= room:
        return True
    return processes.expire_dead(Upload) > 0 and _reserved(owner, upload) <= room


def _reserved(owner: User, upload: Upload | None) -> int:
    """The bytes reserved by the person's living uploads other than `upload`."""
    others = owner.uploads.filter(expires_at__gt=timezone.now())
    if upload is not None:
        others = others.exclude(pk=upload.pk)
    return others.aggregate(bytes=Sum("reserved_bytes"))["bytes"] or 0


def require_room(owner: User, size: int, upload: Upload | None = None) -> None:
    """Raises 413 `destination_full` unless `size` more bytes fit for the locked `owner`."""
    if not has_room(owner, size, upload):
        of_room = {"size": size, "used": owner.used_bytes, "quota": owner.quota_bytes}
        raise errors.destination_full(NO_ROOM % of_room)


def charge(owner: User, size: int, batch: statements.StatementBatch | None = None) -> None:
    """Adds bytes to the use of the locked `owner`, or takes them off: now, or with a batch."""
    if size:
        add = statements.add if batch is None else batch.add
        add(User, {"id": owner.pk}, {"used_bytes": size})


class Utf8Length(Func):
    """The bytes of a text, which is what counts in a quota."""

    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)
