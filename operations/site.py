"""The operator's site: an overview first, a side bar by task, and what anybody may search for in one of its lists,
whoever has written the list."""

from typing import Any

from django import forms
from django.contrib.admin import AdminSite, ModelAdmin, autodiscover
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.entry.operators import for_operators
from accounts.sections import StaffSection
from importers.search.normal import normal, without_accents

LONGEST_SEARCH = 200  # characters
MOST_WORDS = 20  # each becomes a condition for each column, and SQLite takes a thousand in one query


def require_short(text: str) -> None:
    """Raises `ValidationError` where a search is more than a list looks for."""
    if len(text) > LONGEST_SEARCH or len(text.split()) > MOST_WORDS:
        words = _("A search has at most %(words)s words and %(characters)s characters; this one was not looked for.")
        raise forms.ValidationError(words % {"words": MOST_WORDS, "characters": LONGEST_SEARCH})


class ShortSearch(ChangeListSearchForm):
    """Says on the page of a list that a search is too long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR].validators.append(require_short)


ChangeList.search_form_class = ShortSearch  # of all lists, also those that a library has written


class StaffSite(AdminSite):
    """Django's, in the order of an operator's tasks. It asks the same of the lists that it completes names from, and
    tells the audit trail what is done there, whoever has written the page."""

    site_header = site_title = "Wharf"
    index_title = gettext_lazy("Overview")

    @property
    def urls(self) -> Any:
        """The addresses of all pages, which are loaded by that. What they need is a fifth of all that there is to load,
        and workers and commands show none."""
        autodiscover()
        return super().urls

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Mixes every page with what tells of it."""
        from accounts.admin.told import ToldAdmin  # models are there only now

        own = admin_class or ModelAdmin
        told = own if issubclass(own, ToldAdmin) else type(own.__name__, (own, ToldAdmin), {})
        super().register(model_or_iterable, told, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page but the way out is for who has shown lately who they are."""
        is_way_out = getattr(view, "__name__", "") == "logout"
        return super().admin_view(view if is_way_out else for_operators(view), cacheable)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The overview: how the server does, each number with a way to what it counts."""
        from operations import overview  # the lists that it leads to are registered with this site first

        shown = {"panels": overview.panels(request.user), "is_overview": True, **(extra_context or {})}
        return super().index(request, shown)

    def panels_of(self, request: HttpRequest, row: Model) -> list[Any]:
        """Returns what stands above the page of a row."""
        from operations import pages

        return pages.panels_of(request.user, row)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The lists that the operator may see, by task; what has none stands last, among the internals."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        found: dict[StaffSection, list[dict[str, Any]]] = {section: [] for section in StaffSection}
        for app in self._build_app_dict(request).values():
            for model in app["models"]:
                model_admin = self._registry[model["model"]]
                found[getattr(model_admin, "section", StaffSection.INTERNALS)].append(model)
        return [
            {
                "name": section.words,
                "app_label": section.name.lower().replace("_", "-"),
                "app_url": models[0]["admin_url"],
                "has_module_perms": True,
                "models": [model for model in models if not model["is_beside"]],
                "beside": [model for model in models if model["is_beside"]],
                "is_folded": section is StaffSection.INTERNALS,
            }
            for section, unsorted in found.items()
            if (models := sorted(map(self._described, unsorted), key=_as_in_a_dictionary))
        ]

    def _described(self, model: dict[str, Any]) -> dict[str, Any]:
        """How its ModelAdmin calls a list, and whether that stands beside the others, such as those of each kind of
        record."""
        model_admin = self._registry[model["model"]]
        name = str(getattr(model_admin, "list_name", "") or model["name"])
        return model | {"name": name, "is_beside": getattr(model_admin, "is_beside", False)}

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        try:
            require_short(request.GET.get("term", ""))
        except forms.ValidationError as too_long:
            raise BadRequest(too_long.message) from too_long
        return super().autocomplete_view(request)


def _as_in_a_dictionary(model: dict[str, Any]) -> str:
    """By which a list is sorted: its name, where an accent makes no other letter."""
    return without_accents(normal(model["name"]))
