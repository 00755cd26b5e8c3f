"""Secrets at rest are encrypted again with the newest key, so that the one before can be thrown away."""

from collections.abc import Generator
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from accounts.secrets import EncryptedTextField, decrypt, encrypt, has_newest_key

SECRETS_AT_ONCE = 200  # rows that are read together
FACTOR_SECRETS = ("secret", "seed")  # of an app, and of recovery codes


@dataclass
class RotatedSecret:
    """One secret: where it is, and what was done. Neither `changed` nor `unreadable`: it had the newest key already."""

    place: str
    changed: bool = False
    unreadable: bool = False


def encrypted_fields() -> list[tuple[type[models.Model], EncryptedTextField]]:
    """Returns every column that holds secrets at rest."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def count() -> int:
    """Returns how many secrets there are."""
    return sum(_kept(model, field).count() for model, field in encrypted_fields()) + _factors().count()


def rotate() -> Generator[RotatedSecret, None, None]:
    """Yields every secret, encrypted with the newest key by then. Whoever is stopped begins again: what has the newest
    key is left alone."""
    for model, field in encrypted_fields():
        last = 0
        kept = _kept(model, field).order_by("pk").values_list("pk", "closed")
        while some := list(kept.filter(pk__gt=last)[:SECRETS_AT_ONCE]):
            for key, closed in some:
                yield _rotate_one(model, field, key, closed)
            last = some[-1][0]
    for key in list(_factors().values_list("pk", flat=True)):
        yield _rotate_factor(key)


def _rotate_one(model: type[models.Model], field: EncryptedTextField, key: int, closed: str) -> RotatedSecret:
    secret = RotatedSecret(f"{model._meta.verbose_name} {key}, {field.name}")
    if has_newest_key(closed):
        return secret
    try:
        opened = decrypt(closed)
    except InvalidToken:
        secret.unreadable = True
        return secret
    # Only if it is what was read: it may have been wiped, or written anew, meanwhile.
    secret.changed = bool(_kept(model, field).filter(pk=key, closed=closed).update(**{field.name: opened}))
    return secret


def _factors() -> models.QuerySet[Authenticator]:
    """Returns the second steps of log-ins that have a secret: passkeys have none here."""
    return Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")


def _rotate_factor(key: int) -> RotatedSecret:
    secret = RotatedSecret(f"second step {key}")
    with transaction.atomic():
        factor = _factors().select_for_update().filter(pk=key).first()
        if factor is None:
            return secret
        kept = {name: factor.data[name] for name in FACTOR_SECRETS if name in factor.data}
        if all(map(has_newest_key, kept.values())):
            return secret
        try:
            factor.data |= {name: encrypt(decrypt(closed)) for name, closed in kept.items()}
        except InvalidToken:
            secret.unreadable = True
            return secret
        factor.save(update_fields=["data"])
    secret.changed = True
    return secret


def _kept(model: type[models.Model], field: EncryptedTextField) -> models.QuerySet:
    """Returns the rows that have a secret there, each with its token as `closed`."""
    rows = model._default_manager.annotate(closed=Cast(field.name, models.TextField()))
    return rows.exclude(closed="")
