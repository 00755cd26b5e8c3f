"""What auditors see only with a reason: items as they came, and files. It is shown to them for a while then."""

import time
from typing import Any

from django.contrib.admin.helpers import AdminForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import asks_first

LASTS = 30 * 60  # seconds
OPENED = "opened"  # in the session
CLOSED = _(
    "What it says is not shown: you are an auditor. “Open it” above shows it to you for half an hour; your reason is "
    "kept in the audit trail."
)


def must_ask(request: HttpRequest, row: Any) -> bool:
    """Whether this row has to be opened first."""
    user = request.user
    if not isinstance(user, User) or not asks_first(user):
        return False
    return float(request.session.get(OPENED, {}).get(_key(row), 0)) < time.time() - LASTS


def remember(request: HttpRequest, row: Any) -> None:
    """Shows it to them from now on."""
    now = time.time()
    still = {key: at for key, at in request.session.get(OPENED, {}).items() if at > now - LASTS}
    request.session[OPENED] = still | {_key(row): now}


def hide(form: AdminForm, plain: tuple[str, ...]) -> None:
    """Leaves of a page only the fields that say nothing of what somebody sent."""
    kept: list[Any] = []
    for title, options in form.fieldsets:
        if fields := [name for name in options["fields"] if name in plain]:
            kept.append((title, {**options, "fields": fields}))
    first: tuple[Any, Any] = (None, {"fields": (), "description": CLOSED})
    form.fieldsets = [first, *kept]


def _key(row: Any) -> str:
    return f"{row._meta.label_lower}:{row.pk}"
