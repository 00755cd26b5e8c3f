"""A person with an account."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text, translated


def default_quota() -> int | None:
    """What a new account may keep, in bytes; None: no limit."""
    return settings.WHARF_DEFAULT_QUOTA


class User(AbstractUser):  # type: ignore[django-manager-missing]  # the toolkit's manager has no types
    """A person: who they are, how much they may keep, and whether something stands in the way of their data.

    Sizes are bytes. `used_bytes` is what the person holds (content, once each, and received JSON); uploads on their
    way are reserved elsewhere and come on top. `delete_after`: of an account that has moved; `deletion_at`: when it is
    deleted because somebody has asked for that, `deletion_by` (see accounts/deletion). Sessions that began before
    `sessions_from` are over. `has_deleted`: something of theirs was deleted for good, and what is sent again has to be
    looked up (see importers/items/deletions.py). `mails_*`: which mails they want; `room_told`: the highest mark of
    accounts/room.py of which a mail has told them that their use is above it, in percent, or 0.
    """

    class Blocked(models.TextChoices):
        BY_OPERATOR = "operator", _("by the operator")
        MOVING = "moving", _("while the account moves")
        MOVED = "moved", _("because the account has moved")
        GOING = "going", _("because the account is going to be deleted")

    class DeletionBy(models.TextChoices):
        PERSON = "person", _("the person")
        OPERATOR = "operator", _("an operator")

    # No "@": whoever types an e-mail address to log in must not meet somebody's name.
    username = models.CharField(
        _("name"),
        max_length=150,
        unique=True,
        help_text=_("Letters, digits and . + - _"),
        validators=[RegexValidator(r"\A[\w.+-]+\Z", _("Use only letters, digits and the characters . + - _"))],
        error_messages={"unique": _("An account with that name already exists.")},
    )
    email = models.EmailField(_("email address"))  # in small letters; accounts/addresses.py says whether it is proven
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("Of IANA’s list. Empty: not known.")
    )
    language = models.CharField(
        _("language"), max_length=16, blank=True, db_default="", help_text=_("Empty: not known.")
    )
    quota_bytes = models.BigIntegerField(
        _("quota in bytes"), null=True, blank=True, default=default_quota, help_text=_("Empty: no limit.")
    )
    used_bytes = models.BigIntegerField(_("use in bytes"), default=0, editable=False)
    has_deleted = models.BooleanField(default=False, db_default=False, editable=False)
    mails_of_transfers = models.BooleanField(_("a mail when a transfer is over"), default=True, db_default=True)
    mails_of_room = models.BooleanField(_("a mail when room runs out"), default=True, db_default=True)
    room_told = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    blocked = models.CharField(max_length=16, choices=Blocked.choices, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_note = models.TextField(_("what the person is told"), blank=True)
    moved_to = models.URLField(max_length=2000, blank=True, editable=False)
    moved_from = models.URLField(max_length=2000, blank=True, editable=False)
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_at = models.DateTimeField(_("is deleted on"), null=True, blank=True, editable=False)
    deletion_by = models.CharField(
        _("whoever asked for it"), max_length=16, choices=DeletionBy.choices, blank=True, editable=False
    )
    sessions_from = models.DateTimeField(null=True, blank=True, editable=False)

    signs_up = False  # somebody makes this account just now, and proves the address later

    # What a save has changed, for accounts/notices.py and accounts/told.py
    changed_password = False
    former_email = ""
    before: dict[str, Any] | None = None

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        indexes = [
            models.Index(fields=["deletion_at"], condition=models.Q(deletion_at__isnull=False), name="deletions_due"),
            models.Index(fields=["room_told"], condition=models.Q(room_told__gt=0), name="people_told_of_room"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_account_per_name",
                violation_error_message=_("An account with that name already exists."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_per_email",
                violation_error_message=_("An account with that e-mail address already exists."),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with what the audit trail is told of it (accounts/told.py)."""
        self.email = self.email.lower()
        with transaction.atomic():
            super().save(*args, **kwargs)

    @property
    def called(self) -> str:
        """What pages and archives call the person: as they have asked for, else by the name that they log in with."""
        return self.first_name or self.username

    @property
    def email_proven(self) -> bool:
        """Whether the person has proven that the address is theirs."""
        if self.__dict__.get("proven_address") == self.email.lower():
            return True  # as their session was read (accounts/backends.py)
        return EmailAddress.objects.filter(user_id=self.pk, email=self.email.lower(), verified=True).exists()

    @property
    def why_blocked(self) -> str:
        """The sentence that tells the person why nothing comes in; empty when nothing stands in the way."""
        if not self.blocked:
            return ""
        return translated(self.blocked_note) or gettext(WHY_BLOCKED.get(self.blocked, NOT_KNOWN))

    @property
    def used_percent(self) -> int | None:
        """Share of the quota that is used, from 0 to 100; None without a quota."""
        if self.quota_bytes is None:
            return None
        if self.quota_bytes <= 0:
            return 100
        return min(100, round(100 * self.used_bytes / self.quota_bytes))


# What exporters are told, too, and what is written down of what they tried.
NOT_KNOWN = kept_text("Nothing can be added to this account.")
WHY_BLOCKED: dict[str, str] = {
    User.Blocked.BY_OPERATOR: kept_text("Nothing can be added to this account by the operator."),
    User.Blocked.MOVING: kept_text("Nothing can be added to this account while the account moves."),
    User.Blocked.MOVED: kept_text("Nothing can be added to this account because the account has moved."),
    User.Blocked.GOING: kept_text("Nothing can be added to this account because the account is going to be deleted."),
}
