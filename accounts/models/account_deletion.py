"""What is kept of an account that is deleted, or was."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class AccountDeletion(models.Model):
    """That an account is being deleted, and then that it was: for the audit trail, without a name or an address.

    The row is there from the moment on in which nothing stops it any more, so that whoever is killed at it is followed
    by somebody else. `account`: the key that the account had, which no other one gets. `rows`: how many were deleted.
    """

    class Reason(models.TextChoices):
        PERSON = "person", _("the person asked for it")
        OPERATOR = "operator", _("an operator asked for it")
        MOVED = "moved", _("it had moved, and its time was over")

    account = models.BigIntegerField(unique=True)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    begun_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["begun_at"], condition=models.Q(ended_at__isnull=True), name="deletions_under_way")
        ]

    def __str__(self) -> str:
        return gettext("Account %(number)s") % {"number": self.account}
