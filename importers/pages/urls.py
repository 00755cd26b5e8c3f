"""Where people look at what they have: a list for each kind, and a page for each record."""

from django.urls import URLResolver, include, path

from importers import registry
from importers.pages import lists, record
from importers.vertical import vertical


def _own_pages() -> list[URLResolver]:
    """What verticals have below their own path besides lists and records: `urlpatterns` of their `pages.py`."""
    own = [(module.__name__.split(".")[-2], getattr(module, "urlpatterns", [])) for module in registry.modules("pages")]
    return [path(f"{vertical(folder).path}/", include(patterns)) for folder, patterns in own if patterns]


urlpatterns = [
    *_own_pages(),
    path("<str:vertical>/<str:kind>/", lists.things, name="things"),
    path("<str:vertical>/<str:kind>/<str:doc_id>/", record.thing, name="thing"),
    path("<str:vertical>/<str:kind>/<str:doc_id>/item.json", record.item, name="thing-item"),
    path("<str:vertical>/<str:kind>/<str:doc_id>/earlier/<int:number>/", record.earlier, name="thing-earlier"),
    path(
        "<str:vertical>/<str:kind>/<str:doc_id>/earlier/<int:number>/item.json",
        record.earlier_item,
        name="thing-earlier-item",
    ),
]
