"""Settings of servers whose passwords guard nothing: to hash one well takes a core for half a second, and to log in is
what tests do most."""

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
