"""OAuth clients in the admin."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import exporters
from accounts.admin.deeds import ActingAdmin, Deed
from accounts.models import Application
from accounts.numbers import thousands
from accounts.oauth.scopes import ClientScopes
from accounts.paging import CappedPaginator
from accounts.sections import StaffSection

gettext_noop("Allowed URIs list, space separated")  # of the toolkit, which has no French for it


def _hits(clients: Sequence[Application]) -> str:
    number = sum(map(exporters.connected_people, clients))
    words = ngettext("%(number)s person is connected.", "%(number)s people are connected.", number)
    return words % {"number": thousands(number)}


DEEDS = (
    Deed(
        "suspend",
        _("Suspend for everybody"),
        lambda clients: (
            _hits(clients)
            + " "
            + gettext(
                "From the next second on, nothing of what it sends is taken: each item is answered 413 "
                "destination_full with your sentence, and is listed as refused. Connections stay; take it back, and "
                "what is sent again comes in."
            )
        ),
        _("Suspended: {}."),
        exporters.suspend,
        asks=_("What its people are told, in a sentence"),
        fits=lambda client: client.suspended_at is None,
    ),
    Deed(
        "resume",
        _("Take what it sends again"),
        lambda clients: (
            _hits(clients) + " " + gettext("What it sends is taken again, also what was refused meanwhile.")
        ),
        _("Taken again: {}."),
        lambda client, _: exporters.resume(client),
        fits=lambda client: client.suspended_at is not None,
    ),
    Deed(
        "revoke",
        _("Revoke for everybody"),
        lambda clients: (
            _hits(clients)
            + " "
            + gettext(
                "All connections end now and for good, and the exporter is told session_invalidated. Whoever wants to "
                "go on must connect it again. What has arrived stays."
            )
        ),
        _("Revoked: {}."),
        lambda client, _: exporters.revoke(client) > 0,
        is_final=True,
        in_steps=True,
    ),
    Deed(
        "rotate",
        _("New secret"),
        lambda clients: (
            ngettext(
                "It gets a new secret, which is shown once. The one that it has now is good for %(days)s day more, or "
                "until you end it: whoever runs its worker must have put the new one in place by then.",
                "It gets a new secret, which is shown once. The one that it has now is good for %(days)s days more, "
                "or until you end it: whoever runs its worker must have put the new one in place by then.",
                settings.WHARF_OLD_SECRET_DAYS,
            )
            % {"days": settings.WHARF_OLD_SECRET_DAYS}
        ),
        _("It has a new secret."),
        lambda client, _: exporters.rotate_secret(client),
        fits=lambda client: not client.is_public and not client.registered_itself,
        only_one=True,
    ),
    Deed(
        "end-earlier-secret",
        _("End the earlier secret"),
        lambda clients: gettext(
            "Only the newest secret is good from now on. A worker that still has the earlier one can refresh nothing, "
            "and tries for ever."
        ),
        _("Ended: {}."),
        lambda client, _: exporters.end_earlier_secret(client),
        fits=lambda client: bool(client.earlier_secret),
        is_final=True,
        only_one=True,
    ),
)


class SuspendedFilter(admin.SimpleListFilter):
    """By whether what it sends is taken."""

    title = _("suspension")
    parameter_name = "suspended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("Suspended for everybody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(suspended_at__isnull=False) if self.value() == "yes" else queryset


class ClientForm(forms.ModelForm):
    """What may be changed of a client; its secret is made by `create_exporter` and shown nowhere."""

    def clean_allowed_scopes(self) -> str:
        """Raises ValidationError for a scope that doesn't exist."""
        scopes: list[str] = self.cleaned_data["allowed_scopes"].split()
        if unknown := [name for name in scopes if name not in ClientScopes().get_all_scopes()]:
            raise ValidationError(gettext("No such scope: %(scopes)s") % {"scopes": ", ".join(unknown)})
        return " ".join(scopes)


class ClientAdmin(ActingAdmin):
    """Name, addresses and scopes can be changed. Clients are registered with `manage.py create_exporter`."""

    deeds = DEEDS

    section = StaffSection.EXPORTERS
    list_name = _("Exporters and other programs")
    form = ClientForm
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER  # each would count everything
    show_full_result_count = False
    list_display = ("name", "suspended_at", "client_type", "scopes", "registration_source", "created")
    list_filter = (SuspendedFilter, "registration_source", "client_type")
    search_fields = ("name", "client_id")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("name", "redirect_uris", "allowed_scopes", "client_id", "client_type")}),
        (_("People and what it sends"), {"fields": ("people", "transfers_of_it", "suspended_at", "suspended_note")}),
        (_("Its secret"), {"fields": ("earlier_secret_until",)}),
        (_("When"), {"fields": ("created", "updated")}),
    )
    view_on_site = False  # the toolkit's own pages are not served
    readonly_fields = (
        "client_id",
        "client_type",
        "created",
        "updated",
        "people",
        "transfers_of_it",
        "suspended_at",
        "suspended_note",
        "earlier_secret_until",
    )

    @admin.display(description=_("scopes"))
    def scopes(self, client: Application) -> str:
        """What the client is given when it asks for nothing in particular."""
        return " ".join(ClientScopes().get_default_scopes(client))

    @admin.display(description=_("people connected"))
    def people(self, client: Application) -> SafeString:
        """How many it may act for, leading to what it was granted."""
        grants = reverse("admin:oauth2_provider_refreshtoken_changelist")
        number = exporters.connected_people(client)
        return format_html('<a href="{}?application__id__exact={}">{}</a>', grants, client.pk, thousands(number))

    @admin.display(description=_("what it has sent"))
    def transfers_of_it(self, client: Application) -> SafeString:
        """Leads to its transfers, refused items among them."""
        transfers = reverse("admin:importers_transfer_changelist")
        query = urlencode({"source__client_id__exact": client.client_id})
        return format_html('<a href="{}?{}">{}</a>', transfers, query, gettext("Its transfers"))

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whoever may change clients may suspend and revoke them."""
        return self.has_change_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: a secret is shown once, by the command that makes it."""
        return False

    def get_deleted_objects(
        self, clients: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The clients, without a list of every token and transfer."""
        every = gettext("%(client)s and every connection to it.")
        names = [f"{every % {'client': client}} {_hits([client])}" for client in clients]
        needed: set[str] = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return names, {str(self.opts.verbose_name_plural): len(names)}, needed, []
