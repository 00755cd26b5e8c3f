"""Secrets that others gave us, encrypted at rest."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.utils.encoding import force_bytes


def encrypt(text: str) -> str:
    """The text as a Fernet token; whoever has only the database can't read it."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text again. Raises `cryptography.fernet.InvalidToken` where no key of this server made the token."""
    return _fernet().decrypt(token.encode()).decode()


def has_newest_key(token: str) -> bool:
    """Whether a token was made with `SECRET_KEY`, and not with a key that it replaced."""
    try:
        Fernet(_key(settings.SECRET_KEY)).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def _fernet() -> MultiFernet:
    """Keys made of SECRET_KEY and those that it replaced: the first one encrypts, any of them decrypts."""
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    """A key of its own for this purpose (HKDF, RFC 5869)."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"wharf secrets at rest")
    return urlsafe_b64encode(derived.derive(force_bytes(secret)))


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database; what is empty stays so, which is how a secret is wiped."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        return decrypt(value) if value else ""
