"""What services were granted, in the admin: never a token, nor its checksum."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.connections import end_access, end_grant
from accounts.paging import CappedPaginator


class TokenAdmin(admin.ModelAdmin):
    """Read-only lists, with one way to end what they show."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_select_related: ClassVar[tuple[str, ...]] = ("user", "application")
    search_fields = ("user__username", "user__email", "application__name", "application__client_id")
    search_help_text = "Name or e-mail address of a person; name or id of a client"
    ordering = ("-pk",)
    actions = ("disconnect",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: a person allows it on the consent page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """No: what was granted stays as it is until it ends."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """No: a deleted row would not tell the client why; "Disconnect" does."""
        return False

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        """Whether the operator may end what a person has allowed."""
        return request.user.has_perm("oauth2_provider.delete_refreshtoken")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Links from a person and from a client lead here."""
        return lookup in ("user__id__exact", "application__id__exact") or super().lookup_allowed(lookup, value, request)


class GrantAdmin(TokenAdmin):
    """A connection that a client may refresh, or what is left of one that was rotated or revoked."""

    list_display = ("pk", "user", "application", "scope", "created", "last_refreshed", "revoked")
    list_filter = (("revoked", admin.EmptyFieldListFilter), ("application", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "application", "access_token")
    fields = ("user", "application", "scope", "created", "last_refreshed", "revoked")

    @admin.display(description="scope")
    def scope(self, token: RefreshToken) -> str:
        """What it allows."""
        return token.access_token.scope if token.access_token else ""

    @admin.display(description="last refreshed")
    def last_refreshed(self, token: RefreshToken) -> object:
        """When the client last asked for a fresh access token."""
        return token.access_token.updated if token.access_token else None

    @admin.action(description="Disconnect", permissions=["disconnect"])
    def disconnect(self, request: HttpRequest, tokens: QuerySet[RefreshToken]) -> None:
        """Ends the selected grants at once; the clients are told `session_invalidated`."""
        ended = sum(bool(end_grant(token)) for token in tokens.select_related("user", "application"))
        self.message_user(request, f"Disconnected: {ended}.", messages.SUCCESS)


class AccessTokenAdmin(TokenAdmin):
    """Access tokens: an hour each."""

    list_display = ("pk", "user", "application", "scope", "created", "updated", "expires")
    list_filter = (("application", admin.RelatedOnlyFieldListFilter),)
    fields = ("user", "application", "scope", "created", "updated", "expires")

    @admin.action(description="Disconnect", permissions=["disconnect"])
    def disconnect(self, request: HttpRequest, tokens: QuerySet[AccessToken]) -> None:
        """Ends the selected tokens and the grants they belong to, at once."""
        ended = sum(bool(end_access(token)) for token in tokens.select_related("user", "application"))
        self.message_user(request, f"Disconnected: {ended}.", messages.SUCCESS)
