"""A client of the OAuth provider."""

from django.db import models
from oauth2_provider.models import AbstractApplication, ApplicationManager


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
