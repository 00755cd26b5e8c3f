"""Background work on exports and imports. The database says what has to be done: each task may come twice, or never."""

import logging

from celery import shared_task

from accounts.oauth import unused_clients
from moves.background import BackgroundTask
from moves.exports import hashing, job, mails
from moves.imports import mails as import_mails
from moves.imports.running import ending as import_ending
from moves.imports.running import job as import_job
from moves.moving import farewells, source, tokens, worker
from moves.moving import mails as moving_mails

log = logging.getLogger("wharf.exports")


@shared_task(name=BackgroundTask.MAKE_EXPORT.value)
def make_export(pk: int) -> None:
    """Makes an export, unless somebody else does."""
    job.run(pk)


@shared_task(name=BackgroundTask.HASH_PARTS.value)
def hash_parts(pk: int) -> None:
    """Reads every part once, as it would be downloaded."""
    hashing.hash_parts(pk)


@shared_task(name=BackgroundTask.SEND_EXPORT_MAIL.value, autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_export_mail(pk: int) -> None:
    """Tells the person that an export is done, or that it failed; tries again while no mail can be sent."""
    mails.send(pk)


@shared_task(name=BackgroundTask.STEP_MOVE.value)
def step_move(pk: int) -> None:
    """Does what is due for a move, and leaves what is long to others."""
    worker.advance(pk, long_too=False)


@shared_task(name=BackgroundTask.PROVE_MOVE.value)
def prove_move(pk: int) -> None:
    """Hashes what a target has left out, or compares such hashes."""
    worker.advance(pk, at_once=True)


@shared_task(name=BackgroundTask.TELL_TARGET.value)
def tell_target(pk: int) -> None:
    """Tells the target of a move that what changed since can be fetched now."""
    source.tell_that_changes_are_there(pk)


@shared_task(name=BackgroundTask.SAY_FAREWELL.value)
def say_farewell(pk: int) -> None:
    """Tells the other server of a move that it is off, since the account was deleted here."""
    farewells.say(pk)


@shared_task(name=BackgroundTask.SEND_MOVE_MAIL.value, autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_move_mail(pk: int) -> None:
    """Tells the person what has become of a move; tries again while no mail can be sent."""
    moving_mails.send(pk)


@shared_task(name=BackgroundTask.CLEAN_MOVES.value)
def clean_moves() -> None:
    """Every ten minutes: deletes codes that are over, and clients nobody used."""
    done = {"codes": tokens.clean(), "clients": unused_clients.remove()}
    if any(done.values()):
        log.info("what moves have left behind was removed", extra=done)


@shared_task(name=BackgroundTask.IMPORT_ARCHIVE.value)
def import_archive(pk: int) -> None:
    """Brings archives in, unless somebody else does."""
    import_job.run(pk)


@shared_task(name=BackgroundTask.SEND_IMPORT_MAIL.value, autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_import_mail(pk: int) -> None:
    """Tells the person what came of an import; tries again while no mail can be sent."""
    import_mails.send(pk)


@shared_task(name=BackgroundTask.SETTLE_IMPORT.value)
def settle_import(pk: int) -> None:
    """Tells whoever else waits for the end of an import."""
    import_ending.settle(pk)
