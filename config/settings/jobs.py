"""Cache and jobs.

The broker is a folder until one is named; jobs stand in the database, messages only wake a worker.
"""

import socket
from typing import Any

from config.settings.place import WHARF_DATA_DIR, env
from moves.background import BackgroundTask

CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://wharf")}
if CACHES["default"]["BACKEND"].endswith("RedisCache"):
    CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}  # seconds
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_URL = "filesystem://localhost//"  # kombu warns of an address without a host
    _broker = WHARF_DATA_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),  # one folder: what one process sends, another takes
        "control_folder": str(_broker / "control"),
    }
# A line to the broker that went silent is found within half a minute, whoever uses it. Messages are sent by a thread of
# their own (accounts/waking.py), for which no request waits.
CELERY_BROKER_CONNECTION_TIMEOUT = 4  # seconds
CELERY_BROKER_HEARTBEAT = 10  # seconds; after two without one, a connection to RabbitMQ is over
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: meanwhile workers look into the database
_found_dead = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}  # of tcp(7)
_dead_line = {getattr(socket, name): value for name, value in _found_dead.items() if hasattr(socket, name)}
if CELERY_BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_settings": _dead_line, "read_timeout": 10, "write_timeout": 10}
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": 4,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "socket_keepalive_options": _dead_line,
        "health_check_interval": 10,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "periodic"
CELERY_TASK_ROUTES = {
    "accounts.tasks.send_*": {"queue": "mail"},
    "moves.tasks.send_*": {"queue": "mail"},
    "importers.tasks.make_thumbnails": {"queue": "thumbnails"},
    BackgroundTask.MAKE_EXPORT.value: {"queue": "exports"},
    BackgroundTask.HASH_PARTS.value: {"queue": "exports"},
    BackgroundTask.IMPORT_ARCHIVE.value: {"queue": "imports"},
    BackgroundTask.PROVE_MOVE.value: {"queue": "imports"},
    BackgroundTask.STEP_MOVE.value: {"queue": "moves"},
    BackgroundTask.TELL_TARGET.value: {"queue": "moves"},
    BackgroundTask.SAY_FAREWELL.value: {"queue": "moves"},
    BackgroundTask.SETTLE_IMPORT.value: {"queue": "moves"},
}
