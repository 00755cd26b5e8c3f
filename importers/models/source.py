"""Where records come from."""

from django.conf import settings
from django.db import models


class Source(models.Model):
    """A service, as one client sends it for one person.

    An exporter's identifiers are its own: the album `1` of one source is not the album `1` of another. `client_id`
    and `client_name` are text, so that they outlive the client's registration.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sources")
    client_id = models.CharField(max_length=255)
    client_name = models.CharField(max_length=255)
    service = models.CharField(
        max_length=255, blank=True, db_index=True, help_text="X-DTP-Export-Service, such as Google."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "client_id", "service"], name="one_source")]

    def __str__(self) -> str:
        if not self.service or self.service == self.client_name:
            return self.client_name
        return f"{self.service} by {self.client_name}"
