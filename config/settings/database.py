"""The database.

SQLite writes ahead and syncs each commit, so that what was answered 201 survives a power cut; a transaction takes the
write lock when it begins, so that two of them wait for each other instead of failing; those of one process in the order
in which they came.
"""

from config.settings.place import WHARF_DATA_DIR, env

# Seconds that a request waits for a locked database: an exporter gives up after 10. Whoever is refused then is answered
# within the next setting, with what writing that down and answering take.
WHARF_LOCK_PATIENCE = 6.75
WHARF_ANSWER_WITHIN = 8  # seconds that it waits for that, for its turn, for room and for every service together
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
    _database["ENGINE"] = "config.postgresql"
    _database["CONN_MAX_AGE"] = 0  # the pool keeps them
    _database["OPTIONS"] = _database.get("OPTIONS", {}) | {
        "pool": {
            "min_size": 0,
            "max_size": env.int("DATABASE_POOL", default=20),
            "timeout": WHARF_LOCK_PATIENCE,
            "reconnect_timeout": 3,  # seconds; then whoever wants a connection next begins to try anew, and at once
        }
    }
