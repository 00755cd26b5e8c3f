"""What a person is told by mail, whoever did it and by whichever way: that their password or their address changed."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.tasks import ask_for_proof, send_address_changed, send_password_changed

log = logging.getLogger("wharf.accounts")


@receiver(pre_save, sender=User)
def notice_changes(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Notes what the row will say that it did not say before."""
    instance.changed_password = not instance._state.adding and instance._password is not None  # type: ignore[attr-defined]  # what set_password leaves, and Django asks as well
    instance.former_email = ""
    if instance._state.adding or (update_fields is not None and "email" not in update_fields):
        return
    before = User.objects.filter(pk=instance.pk).values_list("email", "email_proven").first()
    if before is not None and before[0].lower() != instance.email.lower():
        instance.former_email = before[0] if before[1] else ""
        instance.email_proven = False


@receiver(post_save, sender=User)
def tell_of_changes(instance: User, created: bool, **_: Any) -> None:
    """Has the mails sent, when what they tell of stands."""
    if instance.changed_password:
        _tell(lambda: send_password_changed.delay(instance.pk))
    if instance.former_email:
        former = instance.former_email
        _tell(lambda: send_address_changed.apply_async((instance.pk, former), argsrepr="(...)"))  # type: ignore[call-arg]  # stubs lack argsrepr, which hides it from logs
    if not created and not instance.email_proven and instance.former_email:
        _tell(lambda: ask_for_proof(instance, changed=True))


def _tell(send: Callable[[], object]) -> None:
    def told() -> None:
        try:
            send()
        except OperationalError as error:
            log.error("a mail about a changed account could not be queued", exc_info=error)

    transaction.on_commit(told)
