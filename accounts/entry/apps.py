"""django-allauth's app of accounts, as this server runs it."""

from allauth.account.apps import AccountConfig


class PeopleConfig(AccountConfig):
    """Without its own middleware among those of every request: ours runs it where people are (see middleware.py)."""

    def ready(self) -> None:
        """Registers its checks of settings."""
        from allauth.account import checks  # noqa: F401
