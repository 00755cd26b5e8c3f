"""Signing up as people do: the form, and the code that is mailed."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import letters
from accounts.models import Letter, User
from tests.support.worker import submit

CODE = re.compile(r"^[A-Z]{4}-[A-Z]{4}$", re.MULTILINE)


def mailed_code() -> str:
    """Sends the mails that are due, and returns the code of the last one."""
    for pk in list(Letter.objects.values_list("pk", flat=True)):
        letters.send(pk)
    return CODE.findall(str(mail.outbox[-1].body))[-1]


def sign_up(client: Client, fields: dict[str, str], path: str = "/auth/sign-up") -> Any:
    """Returns the answer to the code."""
    answer = submit(client, path, fields)
    assert answer.status_code == 302, answer.content
    return submit(client, answer["Location"], {"code": mailed_code()})


def unproven(user: User) -> User:
    """Nobody has shown yet that the address of an account is theirs."""
    EmailAddress.objects.filter(user=user).update(verified=False)
    return user
