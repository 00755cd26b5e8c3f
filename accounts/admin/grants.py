"""What services were granted, in the admin: never a token, nor its checksum."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import RefreshToken

from accounts.admin.deeds import ActingAdmin, Deed
from accounts.admin.seen_only import SeenOnly
from accounts.admin.words import column
from accounts.connections import end_access, end_grant
from accounts.paging import CappedPaginator
from accounts.sections import StaffSection


def _end(token: Any, why: str) -> bool:
    return bool(end_grant(token) if isinstance(token, RefreshToken) else end_access(token))


DEEDS = (
    Deed(
        "disconnect",
        _("Disconnect"),
        lambda tokens: gettext(
            "What the service may do for this person by it ends now. The service is told session_invalidated, and the "
            "person must allow it again. What has arrived stays."
        ),
        _("Disconnected: {}."),
        _end,
        permission="disconnect",
        is_final=True,
    ),
)


class TokenAdmin(SeenOnly, ActingAdmin):
    """Read-only lists, with one way to end what they show."""

    section = StaffSection.EXPORTERS
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER  # each would count everything
    show_full_result_count = False
    list_select_related: ClassVar[tuple[str, ...]] = ("user", "application")
    search_fields = ("user__username", "user__email", "application__name", "application__client_id")
    search_help_text = _("Name or e-mail address of a person; name or id of a client")
    ordering = ("-pk",)
    deeds = DEEDS
    person, service = column("user"), column("application")

    def row_called(self, row: Any) -> str:
        """Whose it is, and which service has it."""
        return ", ".join(str(one) for one in (row.user, row.application) if one)

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        """Whether the operator may end what a person has allowed."""
        return request.user.has_perm("oauth2_provider.delete_refreshtoken")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Links from a person and from a client lead here."""
        return lookup in ("user__id__exact", "application__id__exact") or super().lookup_allowed(lookup, value, request)


class GrantAdmin(TokenAdmin):
    """A connection that a client may refresh, or what is left of one that was rotated or revoked."""

    list_display = ("person", "service", "scope", "created", "last_refreshed", "revoked")
    list_filter = (("revoked", admin.EmptyFieldListFilter), ("application", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "application", "access_token")
    fields = ("user", "application", "scope", "created", "last_refreshed", "revoked")

    @admin.display(description=_("scope"))
    def scope(self, token: RefreshToken) -> str:
        """What it allows."""
        return token.access_token.scope if token.access_token else ""

    @admin.display(description=_("last refreshed"))
    def last_refreshed(self, token: RefreshToken) -> str:
        """When the client last asked for a fresh access token."""
        return display_for_value(token.access_token.updated if token.access_token else None, "–")


class AccessTokenAdmin(TokenAdmin):
    """Access tokens: an hour each."""

    list_display = ("person", "service", "scope", "created", "updated", "expires")
    list_filter = (("application", admin.RelatedOnlyFieldListFilter),)
    fields = ("user", "application", "scope", "created", "updated", "expires")
