"""What operators are: auditors look, operators act, administrators (superusers) do everything and give rights.

An auditor reads no item and opens no file without a reason, which the audit trail keeps. Staff that have rights of
their own, and no role, keep them.
"""

from django.contrib.auth.models import Group, Permission
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

ASKS_FIRST = "importers.asks_first"  # whoever has it gives a reason before an item or a file is shown
MAY_ACT_ON = (
    ("accounts", ("change_user", "delete_user", "change_application")),
    ("oauth2_provider", ("delete_refreshtoken",)),
    ("moves", ("change_move", "change_archiveimport", "change_export")),
)


class Role(models.TextChoices):
    AUDITOR = "auditor", _("Auditor")
    OPERATOR = "operator", _("Operator")
    ADMINISTRATOR = "administrator", _("Administrator")


@transaction.atomic
def give(person: User, role: Role) -> None:
    """Makes a saved person what the role says, and nothing else."""
    person.is_staff, person.is_superuser = True, role is Role.ADMINISTRATOR
    person.save(update_fields=["is_staff", "is_superuser"])
    person.groups.set([] if role is Role.ADMINISTRATOR else [group_of(role)])


def name_of_group(role: Role) -> str:
    """Returns what the database calls the group of a role, in whatever language it is asked: no group of yours has that
    name."""
    return f"{role.capitalize()}s (role)"


def group_of(role: Role) -> Group:
    """Returns the group of auditors, or that of operators, with the rights that it has in this version."""
    group, _ = Group.objects.get_or_create(name=name_of_group(role))
    may = Q(codename__startswith="view_")
    if role is Role.AUDITOR:
        label, codename = ASKS_FIRST.split(".")
        may |= Q(content_type__app_label=label, codename=codename)
    else:
        for label, codenames in MAY_ACT_ON:
            may |= Q(content_type__app_label=label, codename__in=codenames)
    group.permissions.set(Permission.objects.filter(may))
    return group


def make_groups(**_: object) -> None:
    """After a migration: both groups are there, and may what is new."""
    for role in (Role.AUDITOR, Role.OPERATOR):
        group_of(role)


def asks_first(user: User) -> bool:
    """Whether a person must give a reason before an item or a file is shown."""
    return not user.is_superuser and user.has_perm(ASKS_FIRST)
