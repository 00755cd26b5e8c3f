"""How client secrets are kept."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class ClientSecretHasher(PBKDF2PasswordHasher):
    """A salted hash that costs next to nothing, for secrets that this server has generated.

    A slow hash protects what people choose, because that can be guessed. Client secrets are 128 random characters (more
    than 700 bits, where RFC 6749, section 10.10, asks for 128): nobody guesses them, not even with the hash in hand,
    while every refresh of every worker has to check one. No form and no command takes a secret that somebody chose.
    """

    algorithm = "client_secret"
    iterations = 1
