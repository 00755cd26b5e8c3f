"""Settings of servers that are killed often: what workers look for now and then is looked for each second, nobody waits
for the hash of a password that guards nothing, and a worker's children live as long as it does: to start them again and
again would be most of what such a test does."""

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
WHARF_WORKER_LOOKS_EVERY = 1
WHARF_CHILD_LINGERS = 600
