"""The key that checkpoints are signed with, and those that are known (Ed25519, RFC 8032)."""

import base64
import binascii
import contextlib
import hashlib
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SIZE = 32  # bytes of a key


def signing_key() -> Ed25519PrivateKey:
    """Returns the key of `WHARF_AUDIT_KEY`, or else the one below the data folder, which is made once. Raises
    `ImproperlyConfigured` where it is none."""
    if settings.WHARF_AUDIT_KEY:
        return Ed25519PrivateKey.from_private_bytes(_decoded("WHARF_AUDIT_KEY", settings.WHARF_AUDIT_KEY))
    kept = Path(settings.WHARF_DATA_DIR) / "audit_key"
    if not kept.exists():
        fresh = kept.with_name(f"audit_key.{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_text(base64.b64encode(secrets.token_bytes(SIZE)).decode())
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(fresh)  # where another process was first, its key is the one
        fresh.unlink()
    return Ed25519PrivateKey.from_private_bytes(_decoded(str(kept), kept.read_text()))


def public_key() -> bytes:
    """Returns the public half of the key that signs now."""
    return signing_key().public_key().public_bytes_raw()


def known_keys() -> dict[str, bytes]:
    """Returns the public keys whose signatures count, by their ids: of the one that signs now, and of
    `WHARF_AUDIT_FORMER_KEYS`."""
    former = (_decoded("WHARF_AUDIT_FORMER_KEYS", text) for text in settings.WHARF_AUDIT_FORMER_KEYS)
    return {id_of(key): key for key in (public_key(), *former)}


def id_of(public: bytes) -> str:
    """Returns the id of a public key: 16 hex digits."""
    return hashlib.sha256(public).hexdigest()[:16]


def base64_of(public: bytes) -> str:
    """Returns a key as settings have it."""
    return base64.b64encode(public).decode()


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Returns whether the signature of `message` was made with this key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(where: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != SIZE:
        raise ImproperlyConfigured(f"{where} must be {SIZE} bytes in Base64, as `openssl rand -base64 {SIZE}` prints.")
    return key
