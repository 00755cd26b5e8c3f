"""Numbers and times in templates, as people say them."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

from accounts.sizes import human_size

register = template.Library()


@register.filter
def size(value: int) -> str:
    """`{{ user.used_bytes|size }}`: bytes in the unit that reads best."""
    return human_size(value)


@register.filter
def thousands(number: int) -> str:
    """`{{ 12345|thousands }}`: 12,345."""
    return f"{number:,}"


@register.filter
def ago(value: datetime) -> str:
    """`{{ held.last_active|ago }}`: "just now" or "2 hours ago"."""
    if timezone.now() - value < timedelta(minutes=1):
        return "just now"
    return f"{timesince(value, depth=1)} ago"
