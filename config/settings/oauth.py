"""OAuth.

Exporters keep a secret, send no PKCE challenge and may lose an answer: PKCE and rotation are for public clients only,
which accounts/oauth/validator.py decides per client.
"""

from accounts.scopes import scopes
from config.settings.place import PRODUCTION, WHARF_BASE_URL, env
from importers.registry import SPECIFIED, VERTICALS

# Days for which the secret before the newest one of an exporter is good.
WHARF_OLD_SECRET_DAYS = env.int("WHARF_OLD_SECRET_DAYS", default=14)
OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.Application"
# Every path below /import, with what a service that may use it adds to an account.
WHARF_VERTICALS = {path: line.words for path, line in VERTICALS.items()}
_first_words = [*{line.folder: line.words for line in reversed(VERTICALS.values())}.values()]
OAUTH2_PROVIDER = {
    "SCOPES": scopes({path: line.adds for path, line in VERTICALS.items()}, SPECIFIED, _first_words[::-1]),
    "SCOPES_BACKEND_CLASS": "accounts.oauth.scopes.ClientScopes",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.WebApplicationServer",  # authorization codes and refresh tokens, no more
    "OAUTH2_BACKEND_CLASS": "accounts.oauth.core.FormOrJson",
    "OAUTH2_VALIDATOR_CLASS": "accounts.oauth.validator.Validator",
    "CLIENT_SECRET_HASHER": "client_secret",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"] if PRODUCTION else ["https", "http"],
    "REQUEST_APPROVAL_PROMPT": "force",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": None,
    "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,  # would need tokens kept in the clear
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    "OIDC_ISS_ENDPOINT": WHARF_BASE_URL,  # the issuer of RFC 8414 and RFC 9207; OpenID Connect is off
    "OIDC_RP_INITIATED_REGISTRATION_ENABLED": True,  # `prompt=create` leads to sign-up
    "OIDC_RP_INITIATED_REGISTRATION_URL": "account_signup",
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "refresh_token"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "DCR_ENABLED": True,  # RFC 7591, at /auth/register: wizards of moves register themselves
    "DCR_REGISTRATION_PERMISSION_CLASSES": ("oauth2_provider.dcr.AllowAllDCRPermission",),  # throttled by its view
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": PRODUCTION,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}
