"""Containers that documents have named and that have not come, when nothing is in them any more."""

from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet

from accounts.models import User
from importers.models import Container


def remove_empty(owner: User, model: type[Container]) -> None:
    """Removes those of this kind: what was in them has become something else since. The caller has locked the owner,
    so that nobody puts anything in."""
    empty: QuerySet[Container] = model.objects.named_by_archives().filter(owner=owner)
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not None:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
            empty = empty.exclude(Exists(rows))
    empty.delete()
