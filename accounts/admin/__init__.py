"""The operator's view of accounts: people, OAuth clients, and what they were granted."""

from django.contrib import admin
from django.contrib.auth.models import Group
from oauth2_provider import admin as toolkit  # registers its own classes first
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken

from accounts.admin import actions
from accounts.admin.clients import ClientAdmin
from accounts.admin.grants import AccessTokenAdmin, GrantAdmin
from accounts.admin.groups import RightsAdmin
from accounts.admin.people import PersonAdmin
from accounts.models import Application, User

__all__ = ["AccessTokenAdmin", "ClientAdmin", "GrantAdmin", "PersonAdmin", "RightsAdmin", "actions", "toolkit"]

# The toolkit's classes have fields for secrets, codes and tokens; codes and OpenID Connect's tokens need none at all.
admin.site.unregister([Application, AccessToken, RefreshToken, Grant, IDToken, Group])

admin.site.site_header = admin.site.site_title = "Wharf"
admin.site.index_title = "Operations"
admin.site.register(User, PersonAdmin)
admin.site.register(Group, RightsAdmin)
admin.site.register(Application, ClientAdmin)
admin.site.register(RefreshToken, GrantAdmin)
admin.site.register(AccessToken, AccessTokenAdmin)
