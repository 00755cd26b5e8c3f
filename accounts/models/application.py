"""A client of the OAuth provider."""

import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from oauth2_provider.models import AbstractApplication, ApplicationManager

LOOPBACK = ("127.0.0.1", "::1")


class Application(AbstractApplication):
    """An OAuth client: an exporter's worker, or a program of a person's own.

    `allowed_scopes` is a space-separated list (RFC 6749, section 3.3); an authorization request without a scope is
    given all of them.
    """

    allowed_scopes = models.TextField(blank=True, help_text="Space separated; empty: every import scope.")

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"
        verbose_name = "OAuth client"

    @property
    def is_public(self) -> bool:
        """Whether the client can't keep a secret (RFC 6749, section 2.1)."""
        return self.client_type == self.CLIENT_PUBLIC

    @property
    def registered_itself(self) -> bool:
        """Whether nobody of this server has looked at it: a wizard of moves (RFC 7591)."""
        return self.registration_source == self.RegistrationSource.DCR

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
