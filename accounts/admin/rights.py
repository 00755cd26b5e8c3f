"""Who may give rights, to others or to themselves."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def may_give_rights(request: HttpRequest) -> bool:
    """Only superusers may. Whoever else may change people could give themselves everything."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser


def may_change(request: HttpRequest, person: Any) -> bool:
    """Whether an operator who may change people may change this one: whoever sets the password or the address of
    somebody with rights has their rights. None: anybody."""
    return person is None or may_give_rights(request) or not (person.is_staff or person.is_superuser)


def those_whom(request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
    """Returns those of them whom the operator may change."""
    return people if may_give_rights(request) else people.filter(is_staff=False, is_superuser=False)
