"""Each action of the operator's lists names its permission: Django offers one without to whoever may look."""

from collections.abc import Iterable

from django.contrib import admin
from django.core.checks import CheckMessage, Error


def actions_name_their_permission() -> Iterable[CheckMessage]:
    """Yields an error for each action that does not."""
    for model_admin in admin.site._registry.values():
        for action, name, _ in model_admin._get_base_actions():  # type: ignore[attr-defined]
            if not getattr(action, "allowed_permissions", ()):
                yield Error(
                    f"The action {name!r} names no permission, so whoever may look may do it.",
                    hint="Name it: @admin.action(permissions=[...]).",
                    obj=model_admin,
                    id="wharf.E001",
                )
