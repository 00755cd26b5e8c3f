from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("The audit trail")

    def ready(self) -> None:
        """Has the database refuse changes of the trail, after each migration."""
        from audit import append_only

        post_migrate.connect(append_only.after_migrations, sender=self)
