"""Addresses of the operator's pages."""

from django.db.models import Model
from django.urls import reverse


def list_address(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:importers_{model._meta.model_name}_changelist") + (f"?{query}" if query else "")


def page_address(row: Model) -> str:
    return reverse(f"admin:importers_{row._meta.model_name}_change", args=[row.pk])
