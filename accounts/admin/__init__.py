"""The operator's view of accounts: people, OAuth clients, and what they were granted."""

from allauth.account import admin as of_addresses
from allauth.account.models import EmailAddress
from allauth.mfa import admin as of_factors
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as of_sessions
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from oauth2_provider import admin as toolkit  # registers its own classes first, as those above do
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken

from accounts.admin import actions
from accounts.admin.clients import ClientAdmin
from accounts.admin.deletions import AccountDeletionAdmin
from accounts.admin.grants import AccessTokenAdmin, GrantAdmin
from accounts.admin.groups import RightsAdmin
from accounts.admin.people import PersonAdmin
from accounts.admin.processes import LetterAdmin, PeriodicTaskAdmin, ProcessAdmin
from accounts.admin.trail import TrailAdmin
from accounts.models import AccountDeletion, Application, Letter, PeriodicTask, ProcessSign, User
from audit.models import AuditEvent

__all__ = [
    "AccessTokenAdmin",
    "AccountDeletionAdmin",
    "ClientAdmin",
    "GrantAdmin",
    "LetterAdmin",
    "PeriodicTaskAdmin",
    "PersonAdmin",
    "ProcessAdmin",
    "RightsAdmin",
    "TrailAdmin",
    "actions",
    "of_addresses",
    "of_factors",
    "of_sessions",
    "toolkit",
]

# The toolkit's classes have fields for secrets, codes and tokens; codes and OpenID Connect's tokens need none at all.
admin.site.unregister([Application, AccessToken, RefreshToken, Grant, IDToken, Group])
# What operators need of these, a person's page says; what they may do about it is done there.
admin.site.unregister([EmailAddress, Authenticator, UserSession])

admin.site.register(User, PersonAdmin)
admin.site.register(Group, RightsAdmin)
admin.site.register(Application, ClientAdmin)
admin.site.register(RefreshToken, GrantAdmin)
admin.site.register(AccessToken, AccessTokenAdmin)
admin.site.register(ProcessSign, ProcessAdmin)
admin.site.register(PeriodicTask, PeriodicTaskAdmin)
admin.site.register(Letter, LetterAdmin)
admin.site.register(AccountDeletion, AccountDeletionAdmin)
admin.site.register(AuditEvent, TrailAdmin)
