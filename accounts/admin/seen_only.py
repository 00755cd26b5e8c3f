"""Rows of the admin that nobody makes, changes or deletes there."""

from typing import Any

from django.http import HttpRequest


class SeenOnly:
    """A `ModelAdmin` whose rows are only looked at; what may be done with them are its actions. Who may see them,
    Django's rights say."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: whatever they tell of makes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: they stay what they were when it happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: what is missing would tell nobody why."""
        return False
