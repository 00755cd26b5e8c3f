"""A person with an account."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower


def default_quota() -> int | None:
    """What a new account may keep, in bytes; None: no limit."""
    return settings.WHARF_DEFAULT_QUOTA


class User(AbstractUser):  # type: ignore[django-manager-missing]  # the toolkit's manager has no types
    """A person: who they are, how much they may keep, and whether something stands in the way of their data.

    Sizes are bytes. `used_bytes` is what the person holds (content, once each, and received JSON); uploads on their
    way are reserved elsewhere and come on top.
    """

    class Blocked(models.TextChoices):
        BY_OPERATOR = "operator", "by the operator"
        MOVING = "moving", "while the account moves"
        MOVED = "moved", "because the account has moved"

    # No "@": whoever types an e-mail address to log in must not meet somebody's name.
    username = models.CharField(
        "name",
        max_length=150,
        unique=True,
        help_text="Letters, digits and . + - _",
        validators=[RegexValidator(r"\A[\w.+-]+\Z", "Use only letters, digits and the characters . + - _")],
        error_messages={"unique": "An account with that name already exists."},
    )
    email = models.EmailField("email address")
    # Of django-allauth's EmailAddress it is `verified`, for the one address that an account has.
    email_proven = models.BooleanField("proven address", default=True, editable=False)
    quota_bytes = models.BigIntegerField(
        "quota in bytes", null=True, blank=True, default=default_quota, help_text="Empty: no limit."
    )
    used_bytes = models.BigIntegerField("use in bytes", default=0, editable=False)
    blocked = models.CharField(max_length=16, choices=Blocked.choices, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_note = models.TextField("what the person is told", blank=True)
    moved_to = models.URLField(max_length=2000, blank=True, editable=False)
    moved_from = models.URLField(max_length=2000, blank=True, editable=False)
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)

    # What a save has changed, for accounts/notices.py
    changed_password = False
    former_email = ""

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_account_per_name",
                violation_error_message="An account with that name already exists.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_per_email",
                violation_error_message="An account with that e-mail address already exists.",
            ),
        ]

    @property
    def why_blocked(self) -> str:
        """The sentence that tells the person why nothing comes in; empty when nothing stands in the way."""
        if not self.blocked:
            return ""
        return self.blocked_note or f"Nothing can be added to this account {self.get_blocked_display()}."

    @property
    def used_percent(self) -> int | None:
        """Share of the quota that is used, from 0 to 100; None without a quota."""
        if self.quota_bytes is None:
            return None
        if self.quota_bytes <= 0:
            return 100
        return min(100, round(100 * self.used_bytes / self.quota_bytes))
