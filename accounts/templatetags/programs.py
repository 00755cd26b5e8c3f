"""With what something was fetched, in templates."""

from django import template

from accounts.programs import called

register = template.Library()


@register.filter
def program(agent: str) -> str:
    """`{{ fetch.agent|program }}`: Firefox on Windows."""
    return called(agent)
