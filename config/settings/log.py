"""The log: lines with the id of the request, without query strings, bodies or addresses that carry secrets.

They are JSON; sentences where somebody reads them at a terminal (manage.py).
"""

from django.core.exceptions import ImproperlyConfigured

from config.settings.place import env

LOG_FORMAT = env.str("LOG_FORMAT", default="json")
if LOG_FORMAT not in ("json", "text"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be json or text, not {LOG_FORMAT!r}.")
WHARF_SAME_LINE_PER_MINUTE = 10  # how often the log says the same warning

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
        },
        "text": {"()": "config.log.TextLine"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
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
