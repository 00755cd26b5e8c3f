from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Connects what must happen before an account is deleted, and after it was changed."""
        from accounts import addresses, connections, notices, sessions, told, told_rights  # noqa: F401  (receivers)
        from accounts.entry import factors, seen  # noqa: F401
