"""The operator's site: what anybody may search for in one of its lists, whoever has written the list."""

from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

LONGEST_SEARCH = 200  # characters
MOST_WORDS = 20  # each becomes a condition for each column, and SQLite takes a thousand in one query


def require_short(text: str) -> None:
    """Raises `ValidationError` where a search is more than a list looks for."""
    if len(text) > LONGEST_SEARCH or len(text.split()) > MOST_WORDS:
        raise forms.ValidationError(
            f"A search has at most {MOST_WORDS} words and {LONGEST_SEARCH} characters; this one was not looked for."
        )


class ShortSearch(ChangeListSearchForm):
    """Says on the page of a list that a search is too long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR].validators.append(require_short)


ChangeList.search_form_class = ShortSearch  # of all lists, also those that a library has written


class StaffSite(AdminSite):
    """Django's, which asks the same of the lists that it completes names from."""

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        try:
            require_short(request.GET.get("term", ""))
        except forms.ValidationError as too_long:
            raise BadRequest(too_long.message) from too_long
        return super().autocomplete_view(request)
