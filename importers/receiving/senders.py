"""For whom an upload comes, asked before its body is taken."""

from accounts.oauth.bearer import InsufficientScope, TokenRefused, good_token
from accounts.rest.scopes import require_import
from importers.registry import VERTICALS
from importers.vertical import paths_taking


def sender_of(path: str, authorization: str) -> int | None:
    """Returns the id of the person into whose account an upload to this path may bring something; None where its token
    is not good for that, or nothing is taken there: then the view says why."""
    vertical = path.removeprefix("/import/")
    if vertical not in VERTICALS:
        return None
    try:
        token = good_token(authorization, path)
        require_import(set(token.scope.split()), paths_taking(vertical, None))
    except (TokenRefused, InsufficientScope):
        return None
    return int(token.user_id)
