"""What the token of a request allows: a permission per scope."""

from collections.abc import Sequence
from typing import ClassVar, cast

from oauth2_provider.models import AccessToken
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.oauth.bearer import InsufficientScope
from accounts.scopes import EXPORTS, IMPORT, IMPORTS, import_scope


def scopes_of(request: Request) -> set[str]:
    """Returns the scopes of a request's token."""
    return set(cast(AccessToken, request.auth).scope.split())


class ScopePermission(BasePermission):
    """The token must have `scope`, or all of them where it names several (RFC 6749, section 3.3)."""

    scope: ClassVar[str]
    description: ClassVar[str] = "The access token does not allow this. Ask the person for the scope {scope}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Returns True. Raises `InsufficientScope` where the token does not allow it."""
        if not set(self.scope.split()) <= scopes_of(request):
            raise InsufficientScope(self.scope, self.description.format(scope=self.scope))
        return True


class MayExport(ScopePermission):
    """Who may ask for exports of the account."""

    scope = EXPORTS


class MayImportArchives(ScopePermission):
    """Who may ask for imports of archives."""

    scope = IMPORTS


def require_import(held: set[str], verticals: Sequence[str]) -> None:
    """Raises `InsufficientScope` unless one of the scopes that a token holds lets items in: `import`, or that of one of
    these verticals."""
    scopes = [import_scope(vertical) for vertical in verticals]
    if held.isdisjoint([IMPORT, *scopes]):
        first, *others = scopes
        instead = "".join(f"for {scope}, " for scope in others)
        raise InsufficientScope(
            first, f"The access token does not allow {first}. Ask the person for this scope, {instead}or for import."
        )
