"""What browsers are told, and how their cookies are kept."""

from datetime import timedelta

from config.settings.place import PRODUCTION, base_address, env

# A cookie goes to every port of its host (RFC 6265, section 8.5): at an unusual one, another Wharf may run beside this.
_usual = base_address.port in (None, 80, 443, 8000)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
# With __Host-, a cookie is set by this very host, over TLS (RFC 6265bis).
WHARF_COOKIE_PREFIX = ("__Host-" if PRODUCTION else "") + ("" if _usual else f"{base_address.port}_")
SESSION_COOKIE_NAME = WHARF_COOKIE_PREFIX + "sessionid"
CSRF_COOKIE_HTTPONLY = True  # the forms have the token; no script reads it
CSRF_FAILURE_VIEW = "accounts.foreign_forms.refuse"
CSRF_COOKIE_NAME = WHARF_COOKIE_PREFIX + "csrftoken"
MESSAGE_STORAGE = "accounts.sessions.Messages"
WHARF_TRUSTED_PROXIES = env.list("FORWARDED_ALLOW_IPS", default=["127.0.0.1"])  # as uvicorn reads it
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [
    r"^status",
    r"^metrics",
]  # what brings a token is refused before (config/plain_http.py), never redirected
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("WHARF_HSTS_SUBDOMAINS", default=False)  # binds other servers, too
SECURE_HSTS_PRELOAD = env.bool("WHARF_HSTS_PRELOAD", default=False)  # for browsers that were never here
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
