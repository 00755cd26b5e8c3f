"""The background worker's application."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# `manage.py migrate` has checked everything before a version starts. Each worker would check it again, and load every
# page for that.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"

app = Celery("wharf")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for folder in getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).values():
    Path(folder).mkdir(parents=True, exist_ok=True)
