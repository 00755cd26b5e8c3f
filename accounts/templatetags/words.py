"""Numbers and times in templates, as people say them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext

from accounts import local_times, numbers
from accounts.sizes import human_size
from accounts.texts import translated
from accounts.visible import visible_characters

register = template.Library()
HIDDEN = '<span class="code-point">{}</span>'
# With the white space between lines of it, and what is in fields that are typed in or chosen from: there is no markup.
_MARKUP = re.compile(r"(<(?:textarea|select)\b.*?</(?:textarea|select)>|<[^>]*>|[\t\r\n])", re.DOTALL)
_BETWEEN_WORDS = re.compile(r"[^\S\u00a0\u202f]+")


@register.filter
def size(value: int) -> str:
    """`{{ user.used_bytes|size }}`: bytes in the unit that reads best."""
    return human_size(value)


@register.filter(name="translated")
def in_own_language(sentence: str) -> str:
    """`{{ rejection.reason|translated }}`: a sentence that was written down, in the language of whoever reads it."""
    return translated(sentence)


@register.filter
def thousands(number: int) -> str:
    """`{{ 12345|thousands }}`: 12,345."""
    return numbers.thousands(number)


@register.filter
def ago(value: datetime) -> str:
    """`{{ held.last_active|ago }}`: "just now" or "2 hours ago"."""
    if timezone.now() - value < timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(time)s ago") % {"time": timesince(value, depth=1)}


@register.filter
def given(text: object) -> SafeString:
    """`{{ file.name|given }}`: a text that somebody has chosen, for what it is: on its own, so that it turns nothing
    around it, and with characters visible that would hide or turn something. In a title, where no markup is, `visible`
    does the second."""
    return format_html("<bdi>{}</bdi>", _shown(str(text)))


@register.filter
def visible_within(markup: str) -> SafeString:
    """`{{ field.contents|visible_within }}`: markup, or a text, in which somebody may have chosen some of the words:
    with characters visible that would hide or turn something. Tags, their attributes and what is typed stay as they
    are."""
    escaped = conditional_escape(markup)
    kind = type(escaped)  # a piece of what is escaped is escaped
    pieces = map(kind, _MARKUP.split(escaped))
    shown = ((piece if number % 2 else _shown(piece),) for number, piece in enumerate(pieces))
    return format_html_join("", "{}", shown)


@register.filter
def first_words(text: object, most: int) -> str:
    """`{{ original|first_words:18 }}`: at most so many words, in one line. A space at which no line breaks stays one,
    such as before a colon in French."""
    words = _BETWEEN_WORDS.split(str(text).strip())
    return " ".join(words[:most]) + ("…" if len(words) > most else "")


@register.filter
def visible(text: object) -> str:
    """`{{ file.name|visible }}`: the same where no markup is."""
    return "".join(piece for piece, _ in visible_characters(str(text)))


@register.filter
def moment(value: datetime | None) -> str:
    """`{{ export.snapshot_at|moment }}`: 26 November 2026, 11:04 CET, in the person's zone; a dash for None."""
    return _element(value, local_times.moment)


@register.filter
def day(value: datetime | None) -> str:
    """`{{ user.date_joined|day }}`: 26 November 2026."""
    return _element(value, local_times.day)


@register.filter
def clock(value: datetime | None) -> str:
    """`{{ step.began_at|clock }}`: 11:04 CET."""
    return _element(value, local_times.clock)


@register.filter
def moment_text(value: datetime) -> str:
    """As `moment`, for mails."""
    return local_times.moment(value)


@register.filter
def day_text(value: datetime) -> str:
    """As `day`, for mails."""
    return local_times.day(value)


@register.filter
def clock_text(value: datetime) -> str:
    """As `clock`, for mails."""
    return local_times.clock(value)


def _shown(text: str) -> SafeString:
    """`text`: escaped, where it is a SafeString."""
    kind = type(text)
    pieces = visible_characters(text)
    shown = ((format_html(HIDDEN, piece) if is_name else kind(piece),) for piece, is_name in pieces)
    return format_html_join("", "{}", shown)


def _element(value: datetime | None, said: Callable[[datetime], str]) -> str:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), said(value)) if value else "–"
