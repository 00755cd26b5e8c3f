"""Settings of all servers of these tests, without what would be most of their work: passwords guard nothing, and to
hash one well takes a core for half a second at each log-in; a worker's children live as long as it does."""

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
WHARF_CHILD_LINGERS = 600
