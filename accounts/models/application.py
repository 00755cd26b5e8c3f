"""A client of the OAuth provider."""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication, ApplicationManager

from accounts.texts import translated

LOOPBACK = ("127.0.0.1", "::1")


class Application(AbstractApplication):
    """An OAuth client: an exporter's worker, or a program of a person's own.

    `allowed_scopes` is a space-separated list (RFC 6749, section 3.3); an authorization request without a scope is
    given all of them. While it is suspended, nothing that it sends is taken. `earlier_secret` is the hash of the secret
    that it had before, if it was given a new one (see accounts/exporters.py).
    """

    allowed_scopes = models.TextField(blank=True, help_text=_("Space separated; empty: every import scope."))
    suspended_at = models.DateTimeField(_("suspended since"), null=True, blank=True, editable=False)
    suspended_note = models.CharField(_("what its people are told"), max_length=500, blank=True, editable=False)
    earlier_secret = models.CharField(max_length=255, blank=True, editable=False)
    earlier_secret_until = models.DateTimeField(
        _("the secret before is good until"), null=True, blank=True, editable=False
    )

    before: dict[str, Any] | None = None  # what a save has changed, for accounts/told.py

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"
        verbose_name = _("OAuth client")

    def __str__(self) -> str:
        return translated(self.name) or str(self.client_id)

    @property
    def is_public(self) -> bool:
        """Whether the client can't keep a secret (RFC 6749, section 2.1)."""
        return self.client_type == self.CLIENT_PUBLIC

    @property
    def registered_itself(self) -> bool:
        """Whether nobody of this server has looked at it: a wizard of moves (RFC 7591)."""
        return self.registration_source == self.RegistrationSource.DCR

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with what the audit trail is told of it (accounts/told.py)."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raises ValidationError also for a name that people can't read as what it is on the consent page."""
        super().clean()
        if any(_disturbs(character) for character in self.name):
            raise ValidationError("A name is one line, without control characters.")

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether an authorization may lead to this address, which is compared as it stands (RFC 9700, section 2.1); of
        an address of the own computer, the port may be another one (RFC 8252, section 7.3)."""
        try:
            parts = urlsplit(uri)
            _ = parts.port  # raises where the comparison would
            if not super().redirect_uri_allowed(uri):
                return False
        except ValueError:
            return False
        return uri in self.redirect_uris.split() or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _disturbs(character: str) -> bool:
    """Whether a character breaks the line, controls a terminal, or turns around what stands beside it."""
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
