"""OAuth clients in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import Application
from accounts.oauth.scopes import ClientScopes
from accounts.paging import CappedPaginator


class ClientForm(forms.ModelForm):
    """What may be changed of a client; its secret is made by `create_exporter` and shown nowhere."""

    def clean_allowed_scopes(self) -> str:
        """Raises ValidationError for a scope that doesn't exist."""
        scopes: list[str] = self.cleaned_data["allowed_scopes"].split()
        if unknown := [name for name in scopes if name not in ClientScopes().get_all_scopes()]:
            raise ValidationError(f"No such scope: {', '.join(unknown)}")
        return " ".join(scopes)


class ClientAdmin(admin.ModelAdmin):
    """Name, addresses and scopes can be changed. Clients are registered with `manage.py create_exporter`."""

    form = ClientForm
    paginator = CappedPaginator
    show_full_result_count = False
    list_display = ("name", "client_id", "client_type", "scopes", "registration_source", "created")
    list_filter = ("client_type", "registration_source")
    search_fields = ("name", "client_id")
    ordering = ("-pk",)
    fields = ("name", "redirect_uris", "allowed_scopes", "client_id", "client_type", "created", "updated")
    view_on_site = False  # the toolkit's own pages are not served
    readonly_fields = ("client_id", "client_type", "created", "updated")

    @admin.display(description="scopes")
    def scopes(self, client: Application) -> str:
        """What the client is given when it asks for nothing in particular."""
        return " ".join(ClientScopes().get_default_scopes(client))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: a secret is shown once, by the command that makes it."""
        return False

    def get_deleted_objects(
        self, clients: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The clients, without a list of every token and transfer."""
        names = [f"{client} and every connection to it" for client in clients]
        needed: set[str] = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return names, {str(self.opts.verbose_name_plural): len(names)}, needed, []
