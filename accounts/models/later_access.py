"""The access tokens that a grant was given after its first."""

from django.db import models


class LaterAccess(models.Model):
    """An access token that a refresh added, and the refresh token of the grant it ends with.

    The toolkit's tables tie one access token to a refresh token, which is dead without it: the first one, which stays
    for as long as the grant and keeps its scope. The rows of later ones go when they have expired.
    """

    # The toolkit's models could be swapped by settings; migrations would look for these, which nobody sets.
    access_token = models.OneToOneField(
        "oauth2_provider.AccessToken",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="later",
        swappable=False,
    )
    refresh_token = models.ForeignKey(
        "oauth2_provider.RefreshToken", on_delete=models.CASCADE, related_name="later", swappable=False
    )

    def __str__(self) -> str:
        return f"Later access {self.pk}"
