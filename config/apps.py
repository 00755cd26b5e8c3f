import gc
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("What ties the floors together")

    def ready(self) -> None:
        """Collects garbage from now on (see `config`), and never looks at what was there by then."""
        from config.metrics.counting import count_storage_error
        from importers.content.faults import tell_of_errors

        tell_of_errors(count_storage_error)
        gc.freeze()
        gc.enable()
        pre_migrate.connect(_take_time)
        _make_broker()


def _make_broker() -> None:
    """The broker's folders, where it is one."""
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        for folder in settings.CELERY_BROKER_TRANSPORT_OPTIONS.values():
            Path(folder).mkdir(parents=True, exist_ok=True)


def _take_time(using: str, **_: Any) -> None:
    """A migration of a large table takes as long as it takes."""
    if (without_end := getattr(connections[using], "take_as_long_as_it_takes", None)) is not None:
        without_end()
