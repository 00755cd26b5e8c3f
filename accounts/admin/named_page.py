"""Pages of the admin under what people know a row by."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse


class NamedPage(admin.ModelAdmin):
    """A page whose title and heading say what its row is called."""

    def row_called(self, row: Any) -> str:
        """Returns what a row is called, on its page and wherever else it is named, in the language that is active."""
        return str(row)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """The page, under that name."""
        if obj is not None:
            context["row_name"] = context["subtitle"] = self.row_called(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)
