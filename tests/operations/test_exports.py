"""What an operator does with exports, and for whom they have one made."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, give
from moves.exports import links
from moves.exports.requests import Wish, create
from moves.models import Event, Export
from tests.support import rows
from tests.support.trail import events
from tests.support.worker import browser, submit

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]


@pytest.fixture
def ada() -> User:
    return rows.person("ada")


@pytest.fixture
def boss() -> Client:
    return browser(rows.person("boss", is_staff=True, is_superuser=True))


def ready(ada: User, **columns: object) -> Export:
    now = timezone.now()
    usual = {"parts_size": 1, "max_age": 1, "state": "done", "expires_at": now + timedelta(days=1)}
    return Export.objects.create(owner=ada, **(usual | columns))


def do(boss: Client, row: User | Export, deed: str, why: str = "") -> None:
    submit(boss, reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_do", args=[row.pk, deed]), {"text": why})


def deeds(boss: Client, row: User | Export) -> list[str]:
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return [deed.name for deed in boss.get(address).context["deeds"]]


def test_an_operator_revokes_the_link_of_an_export_and_lets_it_expire(boss: Client, ada: User) -> None:
    export = ready(ada)
    link = links.opaque(export)
    assert deeds(boss, export) == ["revoke", "expire"]
    do(boss, export, "revoke", "It was posted somewhere.")
    assert links.export_of(link) is None
    export.refresh_from_db()
    assert links.export_of(links.opaque(export)) == export
    do(boss, export, "expire")
    export.refresh_from_db()
    assert export.has_expired
    assert links.export_of(links.opaque(export)) is None
    assert deeds(boss, export) == []
    told = [one["what"] for one in events("--person", "ada") if one["kind"] in ("staff-acted", "export-step")]
    assert [one.get("action") or one["step"] for one in told] == [
        "link revoked", "Revoke its link", "expired", "Let it expire",
    ]  # fmt: skip
    assert told[1]["why"] == "It was posted somewhere."


def test_an_operator_has_an_export_made_and_cancels_it(boss: Client, ada: User) -> None:
    assert "make-export" in deeds(boss, ada)
    do(boss, ada, "make-export", "She has no computer.")
    export = Export.objects.get()
    assert (export.owner, export.origin, export.state) == (ada, "admin", "exporting")
    assert "make-export" not in deeds(boss, ada)
    assert deeds(boss, export) == ["try_now", "cancel"]
    do(boss, export, "cancel")
    export.refresh_from_db()
    assert (export.state, export.error) == ("error", "The operator of this server has stopped it.")
    assert Event.objects.filter(export=export, kind=Event.Kind.CANCELLED).exists()
    create(ada, Wish(), "page")  # nothing stands in the way of another one


def test_an_export_that_waits_goes_on_at_once(boss: Client, ada: User) -> None:
    late = {"state": "exporting", "tries": 3, "retry_at": timezone.now() + timedelta(hours=1), "waiting_for": "Gone."}
    export = ready(ada, **late)
    do(boss, export, "try_now")
    export.refresh_from_db()
    assert (export.retry_at, export.tries, export.waiting_for) == (None, 0, "")


def test_an_export_of_a_move_ends_with_the_move_and_an_auditor_ends_none(boss: Client, ada: User) -> None:
    assert deeds(boss, ready(ada, origin="move")) == []
    auditor = rows.person("auditor")
    give(auditor, Role.AUDITOR)
    export, looking = ready(ada), browser(auditor)
    assert deeds(looking, export) == deeds(looking, ada) == []
    address = reverse("admin:moves_export_do", args=[export.pk, "expire"])
    assert looking.get(address).status_code == 403
    export.refresh_from_db()
    assert not export.has_expired
