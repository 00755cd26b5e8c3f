"""What a person is told by mail, whoever did it and by whichever way: that their password or their address changed."""

from typing import Any

from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from accounts.mails import send_address_changed, send_password_changed
from accounts.models import User


@receiver(pre_save, sender=User)
def notice_changes(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Notes what the row will say that it did not say before."""
    instance.changed_password = not instance._state.adding and instance._password is not None  # type: ignore[attr-defined]  # what set_password leaves, and Django asks as well
    instance.former_email = ""
    if instance._state.adding or (update_fields is not None and "email" not in update_fields):
        return
    before = User.objects.filter(pk=instance.pk).first()
    if before is not None and before.email != instance.email and before.email_proven:
        instance.former_email = before.email


@receiver(post_save, sender=User)
def tell_of_changes(instance: User, **_: Any) -> None:
    """Has the mails sent, when what they tell of stands."""
    if instance.changed_password:
        send_password_changed.send(instance.pk)
    if instance.former_email:
        send_address_changed.send(instance.pk, instance.former_email)
