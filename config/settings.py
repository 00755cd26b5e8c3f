"""Wharf's settings: one file of facts, read from the environment.

Nothing needs to be set on a laptop. An https `WHARF_BASE_URL` means production: cookies only over TLS, HSTS, and a
`SECRET_KEY` that must be given.
"""

import contextlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environ import Env

from accounts.scopes import scopes
from accounts.sizes import GIB, KIB, MIB
from importers.registry import FOLDERS, SPECIFIED, VERTICALS
from importers.text import portable_name
from moves.background import BackgroundTask

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent

# Where it runs

WHARF_DATA_DIR = Path(env.str("WHARF_DATA_DIR", default="") or BASE_DIR / "var").resolve()
WHARF_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds mails, and people's lives
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WHARF_BASE_URL = env.str("WHARF_BASE_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
_base = urlsplit(WHARF_BASE_URL)
if _base.scheme not in ("http", "https") or not _base.hostname:
    raise ImproperlyConfigured(f"WHARF_BASE_URL must be an http(s) address, not {WHARF_BASE_URL!r}.")
PRODUCTION = _base.scheme == "https"
DEBUG = env.bool("DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment, or, on a laptop, one that is made once and kept in the data folder."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    if PRODUCTION:
        raise ImproperlyConfigured("Set SECRET_KEY: WHARF_BASE_URL is https, so this is a production server.")
    kept = WHARF_DATA_DIR / "secret_key"
    if not kept.exists():
        fresh = WHARF_DATA_DIR / f"secret_key.{get_random_secret_key()[:8].encode().hex()}"
        fresh.touch(mode=0o600)
        fresh.write_text(get_random_secret_key())
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(fresh)  # where another process was first, its key is the one
        fresh.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # those that it replaced, while they are still good
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=sorted({_base.hostname, HOST, "localhost", "127.0.0.1", "[::1]"} - {"0.0.0.0", "::"}),  # noqa: S104 (they are addresses to listen at, not names of a host)
)
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]

# What it is made of

INSTALLED_APPS = [
    "accounts",
    "importers",
    "moves",
    "oauth2_provider",
    "storages",
    "django_guid",
    "accounts.staff_app.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "config",  # last: what it does comes when everything else is there
]
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "config.middleware.RequestLog",
    "config.middleware.ProgramErrors",
    "config.plain_http.PlainHttp",
    "django.middleware.security.SecurityMiddleware",
    "config.readable.ReadableRequests",
    "config.middleware.StraightToItems",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.Authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
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
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

# The database. SQLite writes ahead and syncs each commit, so that what was answered 201 survives a power cut; a
# transaction takes the write lock when it begins, so that two of them wait for each other instead of failing; those of
# one process in the order in which they came.

WHARF_LOCK_PATIENCE = 7  # seconds that a request waits for a locked database: an exporter gives up after 10
WHARF_ANSWER_WITHIN = 8  # seconds that it waits for that, for its turn and for room together
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{WHARF_DATA_DIR / 'wharf.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["ENGINE"] = "config.sqlite"
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": WHARF_LOCK_PATIENCE,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;",
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["CONN_MAX_AGE"] = 0  # the pool keeps them
    _database["OPTIONS"] = {
        "pool": {"min_size": 0, "max_size": env.int("DATABASE_POOL", default=20), "timeout": WHARF_LOCK_PATIENCE}
    }

# Content: files below the data folder, or S3. Nothing else in the code knows which.

S3_BUCKET = env.str("S3_BUCKET", default="")
if S3_BUCKET:
    _content_storage = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
            "file_overwrite": True,  # keys are random and never used again
            "default_acl": None,
        },
    }
else:
    _content_storage = {
        "BACKEND": "importers.content.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": WHARF_DATA_DIR / "content"},
    }
STORAGES = {
    "default": _content_storage,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = WHARF_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# Cache and jobs. The broker is a folder until one is named; jobs stand in the database, messages only wake a worker.

CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://wharf")}
if CACHES["default"]["BACKEND"].endswith("RedisCache"):
    CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}  # seconds
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_URL = "filesystem://localhost//"  # kombu warns of an address without a host
    _broker = WHARF_DATA_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),  # one folder: what one process sends, another takes
        "control_folder": str(_broker / "control"),
    }
# How many there are, on all machines; the Procfile starts so many. One account and one other server have half of them.
WHARF_ARCHIVE_WORKERS = env.int("WHARF_ARCHIVE_WORKERS", default=4)
WHARF_CALL_WORKERS = env.int("WHARF_CALL_WORKERS", default=12)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "periodic"
CELERY_TASK_ROUTES = {
    "accounts.tasks.send_*": {"queue": "mail"},
    "moves.tasks.send_*": {"queue": "mail"},
    BackgroundTask.MAKE_EXPORT.value: {"queue": "exports"},
    BackgroundTask.HASH_PARTS.value: {"queue": "exports"},
    BackgroundTask.IMPORT_ARCHIVE.value: {"queue": "imports"},
    BackgroundTask.PROVE_MOVE.value: {"queue": "imports"},
    BackgroundTask.STEP_MOVE.value: {"queue": "moves"},
    BackgroundTask.TELL_TARGET.value: {"queue": "moves"},
    BackgroundTask.SAY_FAREWELL.value: {"queue": "moves"},
    BackgroundTask.SETTLE_IMPORT.value: {"queue": "moves"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(WHARF_DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "purge": {"task": "importers.tasks.purge", "schedule": timedelta(minutes=10)},
    "reread": {"task": "importers.tasks.reread", "schedule": timedelta(minutes=1)},
    "work-off": {"task": "importers.tasks.work_off", "schedule": timedelta(minutes=1)},
    "revive-exports": {"task": BackgroundTask.REVIVE_EXPORTS.value, "schedule": timedelta(seconds=20)},
    "revive-imports": {"task": BackgroundTask.REVIVE_IMPORTS.value, "schedule": timedelta(seconds=20)},
    "revive-moves": {"task": BackgroundTask.REVIVE_MOVES.value, "schedule": timedelta(seconds=10)},
    "clean-moves": {"task": BackgroundTask.CLEAN_MOVES.value, "schedule": timedelta(minutes=10)},
    "purge-limits": {"task": "accounts.tasks.purge_limits", "schedule": timedelta(minutes=10)},
    "clear-expired-tokens": {"task": "accounts.tasks.clear_expired_tokens", "schedule": timedelta(hours=6)},
}

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.NameOrEmail"]
PASSWORD_HASHERS = [
    "accounts.hashing.PatientPasswordHasher",  # the first one is for people
    "accounts.oauth.secrets.ClientSecretHasher",
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=4).total_seconds())
LOGIN_URL = "/auth/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/auth/login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.password_rules.KnownPasswords"},
    {"NAME": "accounts.password_rules.WordsOfThisServer"},
]
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())  # since the log-in, or what changed in the session since
WHARF_SESSION = timedelta(days=30)  # from the log-in, however busy the session is
WHARF_STAFF_SESSION = timedelta(hours=12)  # from the log-in of somebody who may use the admin
WHARF_SIGN_UP = env.bool("WHARF_SIGN_UP", default=True)
WHARF_DEFAULT_QUOTA = env.int("WHARF_DEFAULT_QUOTA", default=0) or None  # bytes; 0: no limit

# OAuth. Exporters keep a secret, send no PKCE challenge and may lose an answer: PKCE and rotation are for public
# clients only, which accounts/oauth/validator.py decides per client.

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.Application"
# Every path below /import, with what a service that may use it adds to an account.
WHARF_VERTICALS = {path: line.words for path, line in VERTICALS.items()}
_first_words = {line.folder: line.words for line in reversed(VERTICALS.values())}
OAUTH2_PROVIDER = {
    "SCOPES": scopes(WHARF_VERTICALS, SPECIFIED, "; ".join(reversed(_first_words.values()))),
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
    "OIDC_RP_INITIATED_REGISTRATION_URL": "sign-up",
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

# Mail: files in the data folder until a server is named

EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{WHARF_DATA_DIR / 'mail'}")
if EMAIL_CONFIG["EMAIL_FILE_PATH"]:  # the parser takes the path's first slash away
    EMAIL_CONFIG["EMAIL_FILE_PATH"] = "/" + EMAIL_CONFIG["EMAIL_FILE_PATH"].lstrip("/")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 30  # seconds; without it, a mail server that hangs would hold a thread for ever
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Wharf <wharf@{_base.hostname}>")

# What comes in

WHARF_MAX_UPLOAD_BYTES = env.int("WHARF_MAX_UPLOAD_BYTES", default=0) or None  # of one request; 0: no limit
WHARF_MAX_JSON_BYTES = 10 * MIB
WHARF_JSON_MOST_VALUES = env.int("WHARF_JSON_MOST_VALUES", default=200_000)  # of a JSON text that is parsed
WHARF_LARGE_JSON_BYTES = 64 * 1024  # of an item's JSON, from which on few are parsed and saved at once
WHARF_LARGE_JSONS_AT_ONCE = env.int("WHARF_LARGE_JSONS_AT_ONCE", default=4)
WHARF_ITEMS_PER_MINUTE = env.int("WHARF_ITEMS_PER_MINUTE", default=0) or None  # per person and client; 0: no limit
WHARF_UPLOADS_AT_ONCE = env.int("WHARF_UPLOADS_AT_ONCE", default=128)
WHARF_THREADS = env.int("WHARF_THREADS", default=16)  # on top of those that uploads may take
WHARF_AUDIT_BYTES = env.int("WHARF_AUDIT_BYTES", default=64 * MIB)  # of what was refused and why, per person
WHARF_AUDIT_ROWS = env.int("WHARF_AUDIT_ROWS", default=50_000)  # of sources, transfers and what was refused, per person
WHARF_REJECTED_BYTES_KEPT = WHARF_AUDIT_BYTES * 3 // 4  # of items as they came; beyond it, the first bytes of each tell
WHARF_LOW_DISK_BYTES = env.int("WHARF_LOW_DISK_BYTES", default=1024 * MIB)  # free ones, below which readiness warns
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MIB  # of what is no item: those stream, and forms are smaller (config/readable.py)
FILE_UPLOAD_HANDLERS: list[str] = []  # nothing is uploaded by a form

# What a stranger makes the server hold: counted where the bytes come in, before anything is known of them

WHARF_CONNECTIONS = env.int("WHARF_CONNECTIONS", default=2000)  # of a web process; fewer, if it may open few files
WHARF_CONNECTIONS_PER_ADDRESS = env.int("WHARF_CONNECTIONS_PER_ADDRESS", default=0)  # 0: half of them
WHARF_LAST_CONNECTIONS = 256  # on top of them: /status is answered there, and 503 to all else; twice what comes at once
WHARF_HEAD_BYTES = env.int("WHARF_HEAD_BYTES", default=32 * KIB)  # of a request line and its headers
WHARF_HEAD_LINES = env.int("WHARF_HEAD_LINES", default=100)
WHARF_HEAD_WITHIN = env.int("WHARF_HEAD_WITHIN", default=10)  # seconds from its first byte
WHARF_FRAMING_BYTES = 16 * KIB  # of extensions and trailers of a body that comes in chunks
WHARF_IDLE_CONNECTION = env.int("WHARF_IDLE_CONNECTION", default=75)  # seconds without a request
WHARF_IDLE_SOCKET = env.int("WHARF_IDLE_SOCKET", default=3600)  # seconds in which a WebSocket brings and gets nothing
WHARF_SLOWEST_BODY = env.int("WHARF_SLOWEST_BODY", default=KIB)  # bytes a second, over the time of the next line
WHARF_BODY_PATIENCE = env.int("WHARF_BODY_PATIENCE", default=60)  # seconds
WHARF_ANSWER_PATIENCE = env.int("WHARF_ANSWER_PATIENCE", default=60)  # seconds in which nothing of an answer is taken
WHARF_UNREAD_BYTES = env.int("WHARF_UNREAD_BYTES", default=256 * MIB)  # of all answers; the slowest readers go first
WHARF_READ_FIRST = 64 * KIB  # bytes of a body that are read before its sender is known; only uploads may have more
WHARF_READ_KNOWN = MIB  # bytes of an upload with a good token that are read before it gets a thread
WHARF_READ_KNOWN_TOGETHER = 64 * MIB  # of all of them; beyond it, they get their threads earlier
WHARF_SAME_LINE_PER_MINUTE = 10  # how often the log says the same warning

# What goes out

WHARF_EXPORT_ROOT = env.str(
    "WHARF_EXPORT_ROOT", default="My Cozy"
)  # the folder that everything in an archive is in; a Cozy reads this one only
if portable_name(WHARF_EXPORT_ROOT) != WHARF_EXPORT_ROOT:
    raise ImproperlyConfigured(f"WHARF_EXPORT_ROOT must be the name of one folder, not {WHARF_EXPORT_ROOT!r}.")
WHARF_EXPORTS_PER_DAY = env.int("WHARF_EXPORTS_PER_DAY", default=5)  # per account; 0: no limit
WHARF_EXPORT_MAX_AGE = timedelta(days=7)  # unless the request says another one
WHARF_EXPORT_LONGEST_AGE = timedelta(days=env.int("WHARF_EXPORT_LONGEST_AGE_DAYS", default=30))
WHARF_EXPORT_MOST_PARTS = 5_000
WHARF_DOWNLOAD_LOOKS_AGAIN = 5  # seconds after which a download asks whether its link is still good

# What comes in as archives, and goes across

WHARF_TRUSTED_NETWORKS = env.list("WHARF_TRUSTED_NETWORKS", default=[])  # private ones that calls to peers may reach
WHARF_PEER_SILENCE = 60  # seconds without a byte of a peer's answer
WHARF_PEER_CALLS = env.int("WHARF_PEER_CALLS", default=16)  # to other servers that requests make, at once in a process
WHARF_PEER_ANSWER_WITHIN = 8  # seconds for all calls that a request waits for
WHARF_PAGE_WAITS = 1.0  # seconds that a page waits for what it has asked, before it looks again
WHARF_PAGE_ASKS_FOR = 30  # seconds that what a page has asked may take
WHARF_PEER_SLOW_AFTER = 300  # seconds of waiting for a peer, in which at least 64 KiB must come
WHARF_PEER_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60)  # seconds before each try to fetch on, without progress between them
WHARF_MOVE_URL = env.str("WHARF_MOVE_URL", default="").rstrip("/") or WHARF_BASE_URL
WHARF_IMPORT_MOST_ENTRIES = env.int("WHARF_IMPORT_MOST_ENTRIES", default=20_000_000)  # of one import
WHARF_IMPORT_MOST_BYTES = env.int("WHARF_IMPORT_MOST_BYTES", default=0)  # unpacked; 0: the quota is limit enough
WHARF_IMPORT_MOST_RATIO = env.int("WHARF_IMPORT_MOST_RATIO", default=200)  # unpacked to packed, beyond 64 MiB
WHARF_IMPORT_LARGEST_DOCUMENT = env.int("WHARF_IMPORT_LARGEST_DOCUMENT", default=64 * MIB)
WHARF_IMPORT_MOST_WAITING = env.int("WHARF_IMPORT_MOST_WAITING", default=4 * GIB)  # of documents apart from their files
WHARF_IMPORT_SLOW_AFTER = env.int("WHARF_IMPORT_SLOW_AFTER", default=600)  # seconds of reading, in which...
WHARF_IMPORT_LEAST_BYTES = env.int("WHARF_IMPORT_LEAST_BYTES", default=MIB)  # ...so many bytes of entries must come
WHARF_IMPORT_DEADLINE = timedelta(
    seconds=env.int("WHARF_IMPORT_DEADLINE", default=3 * 86400)
)  # that an import may take, and on top of that...
WHARF_IMPORT_LEAST_RATE = env.int(
    "WHARF_IMPORT_LEAST_RATE", default=256 * 1024
)  # ...a second for so many bytes it brought
WHARF_IMPORT_TURN = timedelta(
    seconds=env.int("WHARF_IMPORT_TURN", default=1800)
)  # after which an import makes room for others that wait; the next one is twice as long
WHARF_IMPORT_MOST_LISTED = 10_000  # entries of a report that are told one by one; the rest is counted by code
WHARF_ARRIVAL_COOKIE_AGE = timedelta(hours=12)  # how long a browser without a login may watch an account arrive
WHARF_KNOWN_WIZARDS = env.list("WHARF_KNOWN_WIZARDS", default=[])  # others that people are sent to without a question
WHARF_MOVE_CONFIRM = timedelta(hours=1)  # in which the mailed link is to be opened
WHARF_MOVE_PATIENCE = timedelta(
    seconds=env.int("WHARF_MOVE_PATIENCE", default=3600)
)  # how long a call to the other server is tried again before the move is called off
WHARF_MOVE_LEASE = timedelta(
    seconds=env.int("WHARF_MOVE_LEASE", default=3 * 3600)
)  # how long a source waits for a sign of life of the target, and a target for its source's archive
WHARF_MOVE_LONGEST = timedelta(days=7)  # a move's token lives so long, so nothing of a move takes longer
WHARF_MOVE_CALL_OFF = timedelta(days=1)  # how long the other server is told again that a move is off
WHARF_MOVE_KEPT = timedelta(days=env.int("WHARF_MOVE_KEPT_DAYS", default=30))  # until a moved account is deleted
WHARF_REGISTRATION_KEPT = timedelta(days=1)  # until a client that registered itself and was never used is removed

# Security

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
WHARF_COOKIE_PREFIX = "__Host-" if PRODUCTION else ""  # such a cookie is set by this very host, over TLS (RFC 6265bis)
SESSION_COOKIE_NAME = WHARF_COOKIE_PREFIX + "sessionid"
CSRF_COOKIE_HTTPONLY = True  # the forms have the token; no script reads it
CSRF_COOKIE_NAME = WHARF_COOKIE_PREFIX + "csrftoken"
MESSAGE_STORAGE = "accounts.sessions.Messages"
WHARF_TRUSTED_PROXIES = env.list("FORWARDED_ALLOW_IPS", default=["127.0.0.1"])  # as uvicorn reads it
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^status"]  # what brings a token is refused before (config/plain_http.py), never redirected
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
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

# Errors and throttles of what programs call

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": 0,  # the server in front has already put the client's address where it belongs
}

# The log: JSON lines with the id of the request, without query strings, bodies or addresses that carry secrets

DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "VALIDATE_GUID": True,
    "RETURN_HEADER": True,
    "EXPOSE_HEADER": False,
    "INTEGRATIONS": [],
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "django_guid.log_filters.CorrelationId"},
        "without_address": {"()": "config.log.WithoutAddress"},
        "at_most": {"()": "config.log.AtMostSoOften", "per_minute": WHARF_SAME_LINE_PER_MINUTE},
    },
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(correlation_id)s",
            "rename_fields": {
                "asctime": "time",
                "levelname": "level",
                "name": "logger",
                "correlation_id": "request_id",
            },
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["request_id", "without_address", "at_most"],
        },
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},  # not by handlers of its own
        "django.request": {"level": "ERROR"},  # below that, the request log says it
        "django.security": {"level": "CRITICAL"},  # its errors repeat what a client sent
        "django_guid": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},  # it names whole addresses
        "oauth2_provider": {"level": "ERROR"},  # its warnings name redirect addresses with their codes
        "python_multipart": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
