"""Settings of servers that are killed often: what is found by looking regularly is looked for each second, and nobody
waits for the hash of a password that guards nothing."""

from datetime import timedelta

from config.settings import *  # noqa: F403
from config.settings import CELERY_BEAT_SCHEDULE, PASSWORD_HASHERS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
for _name in ("revive-exports", "revive-imports", "revive-moves"):
    CELERY_BEAT_SCHEDULE[_name] = CELERY_BEAT_SCHEDULE[_name] | {"schedule": timedelta(seconds=1)}
