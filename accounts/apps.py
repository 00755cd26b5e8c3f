from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connects what must happen before an account is deleted, and after it was changed."""
        from accounts import connections, notices, sessions  # noqa: F401  (their receivers need the models)
