"""Who is behind a request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def person_of(request: HttpRequest) -> User:
    """Returns the person behind a request that passed `login_required`. Raises PermissionDenied where there is none."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
