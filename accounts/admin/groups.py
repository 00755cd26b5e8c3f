"""Groups in the admin: what is in one is a right of everybody in it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin.named_page import NamedPage
from accounts.admin.rights import ChoiceOfRights, called_group, may_give_rights
from accounts.sections import StaffSection


class RightsAdmin(ChoiceOfRights, NamedPage, GroupAdmin):
    """Changed by superusers; others may look, where they are allowed to."""

    section = StaffSection.SYSTEM
    list_display = ("shown_name",)

    @admin.display(description=gettext_lazy("group"), ordering="name")
    def shown_name(self, group: Any) -> str:
        return called_group(group)

    def row_called(self, row: Any) -> str:
        """The name that whoever reads it knows."""
        return called_group(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_give_rights(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give_rights(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give_rights(request)
