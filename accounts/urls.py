"""The addresses of accounts, and of the OAuth provider, on one screen.

The token endpoints answer with and without the slash at the end: a client that is redirected loses its POST.
"""

from django.urls import include, path

from accounts import pages, passwords, proving
from accounts.oauth import authorize, metadata, registration, token

oauth_urlpatterns = [
    path("oauth/authorize", authorize.ConsentView.as_view()),
    path("oauth/authorize/", authorize.ConsentView.as_view(), name="authorize"),
    path("oauth/token", token.TokenView.as_view()),
    path("oauth/token/", token.TokenView.as_view(), name="token"),
    path("oauth/refresh", token.RefreshView.as_view(), name="refresh"),
    path("oauth/refresh/", token.RefreshView.as_view()),
    path("oauth/revoke_token", token.RevokeView.as_view()),
    path("oauth/revoke_token/", token.RevokeView.as_view(), name="revoke-token"),
    path("auth/register", registration.RegistrationView.as_view(), name="dcr-register"),
    path("auth/register/<str:client_id>", registration.ManagementView.as_view(), name="dcr-register-management"),
    path(
        ".well-known/oauth-authorization-server",
        metadata.MetadataView.as_view(),
        name="oauth-server-metadata",
    ),
]

urlpatterns = [
    path("", include((oauth_urlpatterns, "oauth2_provider"))),
    path("auth/sign-up", pages.sign_up, name="sign-up"),
    path("auth/login", pages.LogIn.as_view(), name="log-in"),
    path("auth/logout", pages.log_out, name="log-out"),
    path("auth/reset", passwords.reset, name="reset"),
    path("auth/reset/sent", passwords.reset_sent, name="reset-sent"),
    path("auth/reset/<uidb64>/<token>", passwords.SetPassword.as_view(), name="reset-set"),
    path("auth/address/<str:token>", proving.prove, name="prove-address"),
    path("settings/address/ask", proving.ask_again, name="ask-for-proof"),
    path("settings/password", passwords.ChangePassword.as_view(), name="change-password"),
    path("settings/services", pages.services, name="services"),
    path("settings/services/<int:application>/disconnect", pages.disconnect_service, name="disconnect"),
    path("settings/delete", pages.delete_account, name="delete-account"),
]
