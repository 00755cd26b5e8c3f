"""What the application is made of."""

from config.settings.place import BASE_DIR
from importers.registry import FOLDERS

INSTALLED_APPS = [
    "audit",
    "accounts",
    "importers",
    "moves",
    "oauth2_provider",
    "storages",
    "django_guid",
    "accounts.entry.apps.PeopleConfig",
    "allauth.mfa",
    "allauth.usersessions",
    "operations.apps.OperationsConfig",
    "operations.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "config",  # last: what it does comes when everything else is there
]
MIDDLEWARE = [
    "config.metrics.counting.Measured",
    "config.middleware.AnsweredInTime",
    "django_guid.middleware.guid_middleware",
    "config.middleware.RequestLog",
    "config.middleware.ProgramErrors",
    "config.languages.BrowsersLanguage",
    "config.plain_http.PlainHttp",
    "django.middleware.security.SecurityMiddleware",
    "config.readable.ReadableRequests",
    "audit.acting.KnownRequest",
    "config.middleware.StraightToItems",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.Authentication",
    "accounts.local_times.LocalTimes",
    "config.languages.PersonsLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.entry.middleware.PeopleMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.lockout.Lockout",
    "moves.peers.asking.CallsOfRequests",
    "moves.frozen.Frozen",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # exporters turn a redirected POST into a GET and lose the item
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            BASE_DIR / "templates",
            *(BASE_DIR / "importers/verticals" / folder / "templates" for folder in FOLDERS),
        ],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"  # of programs, commands and logs; people have theirs (accounts/languages.py)
LANGUAGES = [("en", "English"), ("fr", "Français")]
# Each app has its catalogue beside its code, and so has each vertical.
LOCALE_PATHS = [BASE_DIR / "importers/verticals" / folder / "locale" for folder in FOLDERS]
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"

# Errors and throttles of what programs call

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": 0,  # the server in front has already put the client's address where it belongs
}
