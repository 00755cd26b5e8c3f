"""What the audit trail is told of groups and permissions, whoever gives or takes them and by whichever way."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed
from django.dispatch import receiver

from accounts.models import User
from audit import subjects
from audit.kinds import AuditKind
from audit.trail import record

DONE = {"post_add": "given", "post_remove": "taken", "pre_clear": "taken"}


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def tell_of_rights(instance: Any, action: str, model: type[Model], pk_set: set[int] | None, **sent: Any) -> None:
    """Tells which ones, in the chain of the person whose they are, or in the server's where they are a group's."""
    if action not in DONE:
        return
    others = list(_cleared(instance, model, sent["sender"]) if pk_set is None else _named(model).filter(pk__in=pk_set))
    if not sent["reverse"]:
        _tell(instance, others, DONE[action])
        return
    for holder in others:
        _tell(holder, [instance], DONE[action])


def _cleared(instance: Any, model: type[Model], through: Any) -> QuerySet[Any]:
    columns = {field.related_model: field.name for field in through._meta.fields}
    rows = through._default_manager.filter(**{columns[type(instance)]: instance})
    return _named(model).filter(pk__in=rows.values(columns[model]))


def _named(model: type[Model]) -> QuerySet[Any]:
    rows = model._default_manager.all()
    return rows.select_related("content_type") if model is Permission else rows


def _tell(holder: Any, rights: list[Any], done: str) -> None:
    if not rights:
        return
    what = "permissions" if isinstance(rights[0], Permission) else "groups"
    said: dict[str, Any] = {f"{what}_{done}": sorted(_name(right) for right in rights)}
    if isinstance(holder, User):
        record(AuditKind.RIGHTS_CHANGED, subject=subjects.person(holder.pk), **said)
    else:
        record(AuditKind.GROUP_CHANGED, subject=subjects.SERVER, group=holder.name, **said)


def _name(right: Any) -> str:
    """A permission as code asks for it: `accounts.change_user`."""
    return f"{right.content_type.app_label}.{right.codename}" if isinstance(right, Permission) else str(right.name)
