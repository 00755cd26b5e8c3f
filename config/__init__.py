"""Ties the floors together."""

import gc

# What is imported stays: to look for garbage in it meanwhile is a seventh of what starting costs each process.
# `ConfigConfig`, the last app of all, turns it on.
gc.disable()

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
