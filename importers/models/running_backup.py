"""That a backup is being made: until it has all bytes that its database names, none of them may go."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

THE_ONE = 1
SIGN_EVERY = 20.0  # seconds
SILENCE = timedelta(minutes=10)  # after which whoever made it is dead


class BackupRunsError(Exception):
    """Another one is being made."""


class RunningBackup(models.Model):
    """The one row there is while a backup is made; `seen_at` is its last sign of life."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE)
    begun_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"since {self.begun_at}"

    @classmethod
    def is_there(cls) -> bool:
        """Whether one is being made now."""
        return cls._default_manager.filter(seen_at__gte=timezone.now() - SILENCE).exists()

    @classmethod
    @contextmanager
    def kept(cls) -> Iterator[None]:
        """From here to the end of the block, no stored bytes go that rows have named since. Raises
        `BackupRunsError`."""
        rows = cls._default_manager
        rows.filter(seen_at__lt=timezone.now() - SILENCE).delete()
        try:
            with transaction.atomic():
                rows.create(pk=THE_ONE)
        except IntegrityError as error:
            raise BackupRunsError from error
        is_over = Event()
        signs = Thread(target=_give_signs, args=(is_over,), name="backup-signs", daemon=True)
        signs.start()
        try:
            yield
        finally:
            is_over.set()
            signs.join()
            rows.filter(pk=THE_ONE).delete()


def _give_signs(is_over: Event) -> None:
    try:
        while not is_over.wait(SIGN_EVERY):
            RunningBackup.objects.filter(pk=THE_ONE).update(seen_at=timezone.now())
    finally:
        connection.close()
