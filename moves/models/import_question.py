"""What a page asks another server before an import begins, and what came of it."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.dates import minute
from accounts.secrets import EncryptedTextField

ABANDONED = timedelta(seconds=10)  # on top of what a question may take, after which whoever asks it is dead


def new_question_key() -> str:
    return secrets.token_hex(16)


class ImportQuestion(models.Model):
    """Whether the export at a link can be brought into an account, which has one such question at most: another one
    takes its place, and has a `key` of its own.

    `taken_at`: when somebody began to ask. `status` and `refused` are those of a refusal. Where the import could begin,
    the question is gone.
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="import_question")
    key = models.CharField(max_length=32, default=new_question_key)
    link = EncryptedTextField(editable=False)
    asked_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    refused = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.owner}, {minute(self.asked_at)}"

    @property
    def is_open(self) -> bool:
        """Whether nobody knows the answer yet."""
        return not self.status

    @classmethod
    def abandoned_before(cls) -> datetime:
        """Whoever took a question before that, and has not answered it, is dead."""
        return timezone.now() - timedelta(seconds=settings.WHARF_PAGE_ASKS_FOR) - ABANDONED
