import gc

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "What ties the floors together"

    def ready(self) -> None:
        """Collects garbage from now on (see `config`), and never looks at what was there by then."""
        gc.freeze()
        gc.enable()
