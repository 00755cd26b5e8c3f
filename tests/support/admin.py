"""The operator's pages, and their addresses."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse


def operators_pages() -> dict[type[Model], Any]:
    """Returns what shows the rows of each model, also where nothing has been asked of the server yet."""
    admin.autodiscover()
    return admin.site._registry


def list_address(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:importers_{model._meta.model_name}_changelist") + (f"?{query}" if query else "")


def page_address(row: Model) -> str:
    return reverse(f"admin:importers_{row._meta.model_name}_change", args=[row.pk])
