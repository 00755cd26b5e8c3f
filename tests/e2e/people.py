"""`python -m tests.e2e.people NAME...`: accounts, each with a session and a token to send with, as JSON.

By the rows that the pages would have made: a log-in each would be most of what a test of moves does.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.oauth.issue import COMMAND_LINE, issue, own_client  # noqa: E402
from tests.e2e.account import PASSWORD  # noqa: E402


def create(name: str) -> dict[str, str]:
    """The key of a session in which the new person is logged in, and a token."""
    person = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "accounts.backends.NameOrEmail"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    token = issue(person, own_client(COMMAND_LINE), "import").access_token
    return {"session": str(session.session_key), "token": token}


if __name__ == "__main__":
    print(json.dumps({name: create(name) for name in sys.argv[1:]}))  # noqa: T201  (it is a command)
