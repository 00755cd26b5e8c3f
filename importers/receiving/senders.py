"""For whom an upload comes, asked before its body is taken."""

from accounts.oauth.bearer import InsufficientScope, TokenRefused, good_token
from accounts.rest.scopes import require_import
from importers.receiving.upload_sender import UploadSender
from importers.registry import VERTICALS
from importers.vertical import paths_taking


def sender_of(path: str, authorization: str) -> UploadSender | None:
    """Returns who sends an upload to this path; None where the token is not good."""
    try:
        token = good_token(authorization, path)
    except TokenRefused:
        return None
    vertical = path.removeprefix("/import/")
    try:
        if vertical in VERTICALS:
            require_import(set(token.scope.split()), paths_taking(vertical, None))
    except InsufficientScope:
        return UploadSender(int(token.user_id), may_bring=False)
    return UploadSender(int(token.user_id), may_bring=vertical in VERTICALS)
