"""Links between the pages of the operator's view."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext

from accounts.numbers import thousands
from accounts.paging import MOST_COUNTED
from accounts.templatetags.words import visible

SHOWN_LINKS = 20  # rows that a page of another row names, before it says that there are more


def page_of(row: Model | None, text: str = "") -> SafeString | str:
    """A link to the page of one row."""
    if row is None:
        return "–"
    words = visible(Truncator(text or str(row)).chars(80))
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, words)


def list_of(model: type[Model], text: str, **narrowed: Any) -> SafeString:
    """A link to a list, narrowed by lookups."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(narrowed), text)


def counted(rows: QuerySet[Any]) -> str:
    """How many rows, counted up to 10,000."""
    number = rows.order_by()[: MOST_COUNTED + 1].count()
    if number > MOST_COUNTED:
        return gettext("more than %(number)s") % {"number": thousands(MOST_COUNTED)}
    return thousands(number)


def pages_of(rows: Iterable[Model]) -> SafeString | str:
    """Links to the pages of the first of these rows, one a line, and whether there are more."""
    shown = list(islice(rows, SHOWN_LINKS + 1))
    more = [gettext("and more")] if len(shown) > SHOWN_LINKS else []
    return lines([*(page_of(row) for row in shown[:SHOWN_LINKS]), *more])


def lines(parts: Iterable[SafeString | str]) -> SafeString | str:
    """One a line, or a dash where there are none."""
    return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts)) or "–"
