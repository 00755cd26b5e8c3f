from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connects what must happen before an account is deleted."""
        from accounts import connections  # noqa: F401  (its receiver needs the models)
