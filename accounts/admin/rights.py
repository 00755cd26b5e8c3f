"""Who may give rights, to others or to themselves."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import ManyToManyField, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from accounts.models import User
from accounts.roles import Role, name_of_group

# As Django writes them down, in English.
MAY = {
    "add": gettext_lazy("Can add %(name)s"),
    "change": gettext_lazy("Can change %(name)s"),
    "delete": gettext_lazy("Can delete %(name)s"),
    "view": gettext_lazy("Can view %(name)s"),
}
OF_TABLES = reduce(or_, (Q(codename__startswith=f"{deed}_") for deed in MAY))
OF_GROUPS = {Role.AUDITOR: gettext_lazy("Auditors (role)"), Role.OPERATOR: gettext_lazy("Operators (role)")}
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


class ChoiceOfRights:
    """For a `ModelAdmin`: what can be given is what a page of the admin asks for."""

    admin_site: AdminSite

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest | None = None, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """The field, with fewer permissions to choose from."""
        field: ModelMultipleChoiceField | None = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.remote_field.model is Permission and field.queryset is not None:
            pages = [one.pk for one in ContentType.objects.all() if self._has_page(one)]
            field.queryset = field.queryset.exclude(~Q(content_type__in=pages), OF_TABLES)
            field.label_from_instance = called_right  # type: ignore[method-assign, assignment]
        elif field is not None and db_field.remote_field.model is Group:
            field.label_from_instance = called_group  # type: ignore[method-assign, assignment]
        return field

    def _has_page(self, of: ContentType) -> bool:
        model = of.model_class()
        return model is not None and self.admin_site.is_registered(model)


def called_right(right: Any) -> str:
    """Returns what a permission is called: its app and what it is of, and what it allows."""
    deed, _, model = right.codename.partition("_")
    of = right.content_type.model_class()
    if deed in MAY and of is not None and model == of._meta.model_name:
        allows = MAY[deed] % {"name": of._meta.verbose_name}
    else:
        allows = gettext(right.name)
    return f"{right.content_type} | {allows}"


def called_group(group: Any) -> str:
    """Returns what a group is called: one of a role in the language of whoever reads it, another one as it is."""
    roles = {name_of_group(role): role for role in OF_GROUPS}
    return str(OF_GROUPS[roles[group.name]]) if group.name in roles else str(group.name)
