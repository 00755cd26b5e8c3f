"""Deleting an account as its person does, and the worker after the days that they may think it over."""

from django.utils import timezone

from accounts.models import User
from accounts.tasks import delete_accounts
from tests.support.worker import PASSWORD, browser, submit


def delete(person: User) -> None:
    """Asks for it on the page, with the password, and lets the day come and the worker do it."""
    person.set_password(PASSWORD)
    person.save()
    assert submit(browser(person), "/settings/delete", {"password": PASSWORD}).status_code == 302
    day_comes(person)
    assert not User.objects.filter(pk=person.pk).exists()


def day_comes(person: User) -> None:
    """The day on which an account is to be deleted has come, and a worker sees it."""
    User.objects.filter(pk=person.pk, deletion_at__isnull=False).update(deletion_at=timezone.now())
    delete_accounts()
