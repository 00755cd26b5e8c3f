"""A person with an account."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class User(AbstractUser):
    """A person: who they are, how much they may keep, and whether something stands in the way of their data.

    Sizes are bytes. `used_bytes` is what the person holds (content, once each, and received JSON); uploads on their
    way are reserved elsewhere and come on top.
    """

    class Blocked(models.TextChoices):
        BY_OPERATOR = "operator", "by the operator"
        MOVING = "moving", "while the account moves"
        MOVED = "moved", "because the account has moved"

    email = models.EmailField("email address")
    quota_bytes = models.BigIntegerField("quota in bytes", null=True, blank=True, help_text="Empty: no limit.")
    used_bytes = models.BigIntegerField("use in bytes", default=0, editable=False)
    blocked = models.CharField(max_length=16, choices=Blocked.choices, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_note = models.TextField("what the person is told", blank=True)
    moved_to = models.URLField(max_length=2000, blank=True, editable=False)
    moved_from = models.URLField(max_length=2000, blank=True, editable=False)
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("username"), name="one_account_per_name"),
            models.UniqueConstraint(Lower("email"), name="one_account_per_email"),
        ]
