"""The addresses of accounts, and of the OAuth provider, on one screen.

The token endpoints answer with and without the slash at the end: a client that is redirected loses its POST.
"""

from django.urls import include, path

from accounts import pages, preferences
from accounts.deletion import pages as deletion
from accounts.entry import factor_views, session_views, views
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
    path("auth/sign-up", views.SignUp.as_view(), name="account_signup"),
    path("auth/sign-up/again", views.sign_up_again, name="sign-up-again"),
    path("auth/code", views.AddressCode.as_view(), name="account_email_verification_sent"),
    path("auth/login", views.LogIn.as_view(), name="account_login"),
    path("auth/second", factor_views.SecondStep.as_view(), name="mfa_authenticate"),
    path("auth/passkey", factor_views.PasskeyLogIn.as_view(), name="mfa_login_webauthn"),
    path("auth/logout", views.LogOut.as_view(), name="account_logout"),
    path("auth/again", views.PasswordAgain.as_view(), name="account_reauthenticate"),
    path("auth/again/code", factor_views.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("auth/again/passkey", factor_views.PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("auth/reset", views.Reset.as_view(), name="account_reset_password"),
    path("auth/reset/sent", views.ResetSent.as_view(), name="account_reset_password_done"),
    path("auth/reset/<str:uidb36>/<str:key>", views.SetPassword.as_view(), name="account_reset_password_from_key"),
    path("settings/address", views.AddressPage.as_view(), name="account_email"),
    path("settings/sessions", session_views.Sessions.as_view(), name="usersessions_list"),
    path("settings/second", factor_views.Factors.as_view(), name="mfa_index"),
    path("settings/second/app", factor_views.AppOn.as_view(), name="mfa_activate_totp"),
    path("settings/second/app/off", factor_views.AppOff.as_view(), name="mfa_deactivate_totp"),
    path("settings/second/codes", factor_views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("settings/second/codes/file", factor_views.RecoveryCodesFile.as_view(), name="mfa_download_recovery_codes"),
    path("settings/second/codes/new", factor_views.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("settings/second/passkeys/new", factor_views.PasskeyNew.as_view(), name="mfa_add_webauthn"),
    path("settings/second/passkeys/<int:pk>", factor_views.PasskeyName.as_view(), name="mfa_edit_webauthn"),
    path("settings/second/passkeys/<int:pk>/off", factor_views.PasskeyOff.as_view(), name="mfa_remove_webauthn"),
    path("settings/account", preferences.preferences, name="preferences"),
    path("settings/password", views.ChangePassword.as_view(), name="account_change_password"),
    path("settings/services", pages.services, name="services"),
    path("settings/services/leaves/disconnect", pages.disconnect_leaves, name="disconnect-leaves"),
    path("settings/services/<int:application>/disconnect", pages.disconnect_service, name="disconnect"),
    path("settings/delete", deletion.delete_account, name="delete-account"),
    path("settings/delete/keep", deletion.keep_account, name="keep-account"),
    path("settings/delete/anyway", deletion.delete_anyway, name="delete-anyway"),
]
