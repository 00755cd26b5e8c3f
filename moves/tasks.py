"""Background work on exports. The database says what has to be done: each task may come twice, late or never."""

import logging

from celery import shared_task

from moves.exports import hashing, job, mails

log = logging.getLogger("wharf.exports")


@shared_task
def make_export(pk: int) -> None:
    """Makes an export, unless somebody else does."""
    job.run(pk)


@shared_task
def hash_parts(pk: int) -> None:
    """Reads every part once, as it would be downloaded."""
    hashing.hash_parts(pk)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def send_export_mail(pk: int) -> None:
    """Tells the person that an export is done, or that it failed; tries again while no mail can be sent."""
    mails.send(pk)


@shared_task
def revive_exports() -> None:
    """Every twenty seconds: wakes workers for what nobody works on."""
    if woken := job.revive():
        log.info("exports were found that nobody made", extra={"woken": woken})
