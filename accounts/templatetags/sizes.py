"""Sizes in templates."""

from django import template

from accounts.sizes import human_size

register = template.Library()


@register.filter
def size(value: int) -> str:
    """`{{ user.used_bytes|size }}`: bytes, as people read them."""
    return human_size(value)
