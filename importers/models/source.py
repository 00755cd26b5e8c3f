"""Where records come from."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.texts import translated


class Source(models.Model):
    """A service, as one client sends it for one person.

    An exporter's identifiers are its own: the album `1` of one source is not the album `1` of another. `client_id`
    and `client_name` are text, so that they outlive the client's registration.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sources")
    client_id = models.CharField(max_length=255)
    client_name = models.CharField(max_length=255)
    service = models.CharField(
        max_length=255, blank=True, db_index=True, help_text=_("X-DTP-Export-Service, such as Google.")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "client_id", "service"], name="one_source")]

    def __str__(self) -> str:
        if not self.service or self.service == self.client_name:
            return translated(self.client_name)
        return gettext("%(service)s by %(client)s") % {"service": self.service, "client": translated(self.client_name)}

    @property
    def name(self) -> str:
        """What people call it, as it is written down: the service, by whatever client it sent."""
        return self.service or self.client_name

    @property
    def said_name(self) -> str:
        """The same, in the language that is active where the name is one of our own."""
        return translated(self.name)
