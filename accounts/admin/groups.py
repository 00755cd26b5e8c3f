"""Groups in the admin: what is in one is a right of everybody in it."""

from typing import Any

from django.contrib.auth.admin import GroupAdmin
from django.http import HttpRequest

from accounts.admin.rights import may_give_rights


class RightsAdmin(GroupAdmin):
    """Changed by superusers; others may look, where they are allowed to."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_give_rights(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give_rights(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give_rights(request)
