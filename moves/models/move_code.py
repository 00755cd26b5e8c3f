"""Codes by which a wizard shows that a person consented to a move."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.dates import minute


class MoveCode(models.Model):
    """A code that works once, for an hour; only its hash is kept.

    One without an `application` came from `GET /move/authorize` and is brought to `POST /move/request`. One with an
    application is exchanged by that client, and no other, for a token with the `scope`; `redirect_uri` is where the
    browser was sent with it. `code_challenge`: whose verifier must come with it, if there is one. `token_checksum`:
    what it gave.
    """

    code_hash = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    spent_at = models.DateTimeField(null=True, blank=True)
    scope = models.CharField(max_length=64, blank=True)
    redirect_uri = models.CharField(max_length=2000, blank=True)
    code_challenge = models.CharField(max_length=64, blank=True)
    token_checksum = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"a code of {self.owner}, {minute(self.created_at)}"
