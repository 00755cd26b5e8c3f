"""Limits begin anew."""

from django.core.cache import cache

from accounts import throttles
from accounts.models import LimitWindow


def forget_limits() -> None:
    """Nothing was tried before."""
    cache.clear()
    throttles.shut.forget()
    LimitWindow.objects.all().delete()
