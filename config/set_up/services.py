"""Database, storage, broker, cache, mail and clock: do they do what they are for?"""

import ctypes
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from audit import append_only, keys
from audit.models import AuditCheckpoint
from config.backups import dumps
from config.backups.place import BackupError
from config.health import ask_broker
from config.set_up.finding import SetUpFinding
from importers.counting import installing
from importers.models.installation_id import own_folder
from importers.search import installing as searching

PER_PROCESS = 8  # connections on top of a pool's, for downloads of formats and the like
MOST_APART = timedelta(seconds=2)  # of this machine's clock and the database's
OTHER_ERRORS = (OperationalError, RedisError, SMTPException)  # of drivers, on top of those that requests meet
MENDED_BY = {
    "database": "See DATABASE_URL, and whether the database server runs. A new database needs manage.py migrate.",
    "storage": "See S3_BUCKET, S3_ENDPOINT_URL and AWS_..., or the permissions of the data folder.",
    "broker": "See CELERY_BROKER_URL, and whether the broker runs.",
    "cache": "See CACHE_URL, and whether the cache runs.",
    "mail": "See EMAIL_URL: smtp+tls://host:587, with the user and the password before the host.",
}
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def database() -> Iterator[SetUpFinding]:
    """It is there, is what this version makes of it, and takes as many connections as may come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    name = connection.display_name
    plan = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    if plan:
        yield SetUpFinding("database", False, f"{name}: {len(plan)} migrations are missing.", "Run manage.py migrate.")
        return
    yield SetUpFinding("database", True, f"{name} answers, and is of this version.")
    if lacking := installing.lacking(connection):
        said = f"The database lacks {len(lacking)} triggers, so records are not counted."
        yield SetUpFinding("triggers", False, said, "Run manage.py verify_storage --sizes --repair.")
    if missing := searching.missing_triggers(connection):
        said = f"The database lacks {len(missing)} triggers, so what comes is not found by searching."
        yield SetUpFinding("search", False, said, "Run manage.py rebuild_search.")
    if advice := searching.lacking(connection):
        yield SetUpFinding("search", None, "Searching lacks its index.", advice)
    if append_only.lacking(connection):
        said = "The database lets the audit trail be changed."
        yield SetUpFinding("audit", False, said, "Run manage.py migrate, and manage.py verify_audit.")
    signed = AuditCheckpoint.objects.order_by("number").values_list("key_id", flat=True).last()
    if signed is not None and signed not in keys.known_keys():
        said = "The audit trail was last signed with a key that is not known here."
        advice = "Set WHARF_AUDIT_KEY to the same on every machine, or name the former key: see docs/audit.md."
        yield SetUpFinding("audit key", False, said, advice)
    if connection.vendor == "postgresql":
        yield _connections()
    elif settings.PRODUCTION:
        said = "SQLite is for one machine, and one writes at a time."
        yield SetUpFinding("database kind", None, said, "For more than some dozens of people, set DATABASE_URL.")


def _connections() -> SetUpFinding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        most = cursor.fetchone()[0]
    pool = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    fit = max(0, (most - 3) // (pool + PER_PROCESS))  # 3 are kept for superusers
    said = f"PostgreSQL takes {most} connections: enough for {fit} processes with {pool} each (DATABASE_POOL)."
    advice = (
        "Count web processes, workers and jobs on archives of all machines; raise max_connections or lower the pool"
    )
    return SetUpFinding("connections", None if fit > 1 else False, said, advice)


def storage() -> Iterator[SetUpFinding]:
    """What is written there can be read, and removed."""
    name, sent = f"{own_folder()}/se/{secrets.token_hex(16)}", secrets.token_bytes(1000)
    default_storage.save(name, ContentFile(sent))
    try:
        with default_storage.open(name) as stored:
            came = stored.read()
    finally:
        default_storage.delete(name)
    where = f"the bucket {settings.S3_BUCKET}" if settings.S3_BUCKET else str(default_storage.path(""))
    if came != sent:
        yield SetUpFinding("storage", False, f"{where} gives back other bytes than it got.", "Use another storage.")
    else:
        yield SetUpFinding("storage", True, f"{where} keeps what it is given.")


def broker() -> Iterator[SetUpFinding]:
    """It takes messages."""
    ask_broker()
    kind = settings.CELERY_BROKER_URL.partition(":")[0]
    if kind == "filesystem":
        said = "The broker is a folder: for one machine."
        yield SetUpFinding("broker", True, said, "With several, set CELERY_BROKER_URL to Redis or RabbitMQ.")
    else:
        yield SetUpFinding("broker", True, f"The broker ({kind}) answers.")


def shared_cache() -> Iterator[SetUpFinding]:
    """It keeps what it is given."""
    name = f"set_up.{secrets.token_hex(8)}"
    cache.set(name, "1", 60)
    kept = cache.get(name)
    cache.delete(name)
    if kept != "1":
        yield SetUpFinding("cache", False, "The cache does not keep what it is given.", "See CACHE_URL.")
    elif "locmem" in settings.CACHES["default"]["BACKEND"]:
        said = "The cache is each process's memory, which will do, but WHARF_ITEMS_PER_MINUTE counts in each by itself."
        yield SetUpFinding("cache", None if settings.WHARF_ITEMS_PER_MINUTE else True, said, "Set CACHE_URL.")
    else:
        yield SetUpFinding("cache", True, "The cache keeps what it is given.")


def mail(to: str = "") -> Iterator[SetUpFinding]:
    """The server for mails takes one. `to`: an address that gets one."""
    if not getattr(settings, "EMAIL_HOST", "") or "smtp" not in settings.EMAIL_BACKEND:
        said = "Mails are not sent: they are files, or go nowhere."
        advice = "Set EMAIL_URL. Without mails, nobody proves an address, resets a password or confirms a move."
        yield SetUpFinding("mail", False if settings.PRODUCTION else None, said, advice)
        return
    with get_connection() as line:
        if to:
            text = f"This is how mails of {settings.WHARF_BASE_URL} arrive."
            EmailMessage("Wharf: a mail to see whether mails arrive", text, to=[to], connection=line).send()
    said = f"{settings.EMAIL_HOST} takes mails from {settings.DEFAULT_FROM_EMAIL}."
    yield SetUpFinding("mail", True, said, f"See whether one came to {to}." if to else "--mail-to ADDRESS sends one.")


def clock() -> Iterator[SetUpFinding]:
    """It goes as the database's does, and the kernel thinks that it is right."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(cursor.fetchone()[0] - timezone.now())
        if apart > MOST_APART:
            said = f"This machine's clock and the database's are {apart.total_seconds():.0f} s apart."
            yield SetUpFinding("clock", False, said, "Let both be set by NTP.")
            return
    state = _kernel_says()
    if state == UNSYNCHRONISED:
        said = f"Nothing sets this machine's clock ({timezone.now():%H:%M:%S} UTC)."
        yield SetUpFinding("clock", None, said, "Let NTP do it (systemd-timesyncd, chrony), unless your host does.")
    else:
        yield SetUpFinding(
            "clock", True, "The clock is set by NTP." if state >= 0 else "The clock can't be asked about."
        )


def backups() -> Iterator[SetUpFinding]:
    """What they need is there."""
    try:
        dumps.require_programs()
    except BackupError as error:
        yield SetUpFinding("backups", False, str(error))
        return
    begun = Path(settings.WHARF_DATA_DIR) / "restoring.json"
    if begun.exists():
        said = "A restore has begun, and has not ended."
        yield SetUpFinding("backups", False, said, f"Begin it again, or remove {begun}.")
        return
    yield SetUpFinding("backups", True, "manage.py backup can do its work.", "Let a timer run it.")


def _kernel_says() -> int:
    """Returns what adjtimex(2) says of the clock; below 0 where it can't be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.byref(ctypes.create_string_buffer(512))))
    except (OSError, AttributeError):
        return -1
