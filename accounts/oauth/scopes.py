"""Which scopes a client may be given."""

from typing import Any

from oauth2_provider.scopes import BaseScopes
from oauth2_provider.settings import oauth2_settings

from accounts.models import Application
from accounts.scopes import IMPORT, IMPORTS, import_scopes
from accounts.texts import Text


class ClientScopes(BaseScopes):
    """Restricts every client to its `allowed_scopes`; a client without any has the import scopes, never another.

    One that registered itself may bring an account here, whatever its row says.
    """

    def get_all_scopes(self) -> dict[str, Text]:
        """The table of settings: names and what they allow."""
        return oauth2_settings.SCOPES

    def get_available_scopes(
        self, application: Application | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What the client may ask for; who may have `import` may also ask for less, such as `import:blobs`."""
        table = self.get_all_scopes()
        if application is None:
            return list(table)
        allowed = self.get_default_scopes(application)
        if IMPORT in allowed:
            allowed = [*allowed, *import_scopes(table)]
        return [name for name in table if name in allowed]

    def get_default_scopes(
        self, application: Application | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What a request with an empty scope is given (RFC 6749, section 3.3)."""
        if application and application.registered_itself:
            return [IMPORTS]
        allowed = application.allowed_scopes.split() if application else []
        table = self.get_all_scopes()
        return [name for name in allowed if name in table] if allowed else [IMPORT]
