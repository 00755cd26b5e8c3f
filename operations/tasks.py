"""Periodic work of the overview."""

from celery import shared_task

from operations import counting


@shared_task
def count_days() -> None:
    """Every minute: what came in, for the operator's overview."""
    counting.run()
