"""An event is there if what it tells of is, however many write at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction

from accounts.models import User
from audit import subjects
from audit.kinds import AuditKind
from audit.models import AuditChain, AuditEvent
from audit.trail import record
from tests.support.trail import events, kinds, verified
from tests.support.worker import person

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.services]

AT_ONCE, EACH = 6, 5


class Undone(Exception):
    """What a transaction fails with."""


def test_what_is_rolled_back_is_not_told() -> None:
    ada = person()
    with suppress(Undone), transaction.atomic():
        ada.quota_bytes = 1
        ada.save()
        raise Undone
    with transaction.atomic():
        with suppress(Undone), transaction.atomic():
            ada.quota_bytes = 2
            ada.save()
            raise Undone
        ada.refresh_from_db()
        ada.email = "new@example.org"
        ada.save()
    assert kinds("--person", "ada") == ["account-made", "address-changed"]


def test_an_event_that_cannot_be_written_undoes_what_it_would_have_told() -> None:
    ada = person()
    with pytest.raises(Exception, match=r"(?i)unique|only ever added to"), transaction.atomic():
        ada.quota_bytes = 1
        ada.save()
        with connection.cursor() as cursor:  # somebody was there: the next number is taken
            cursor.execute(
                "INSERT INTO audit_auditevent (chain_id, number, at, kind, actor, what, who, hash)"
                " SELECT chain_id, number + 1, at, kind, actor, what, who, hash FROM audit_auditevent"
            )
    ada.refresh_from_db()
    assert ada.quota_bytes is None
    assert kinds("--person", "ada") == ["account-made"]
    with transaction.atomic():
        assert User.objects.filter(pk=ada.pk).exists(), "the connection works on"


def test_chains_hold_when_many_write_to_them_at_once_in_any_order() -> None:
    people = [person(f"person{number}") for number in range(3)]
    names = [subjects.person(one.pk) for one in people]

    def write(number: int) -> None:
        order = names if number % 2 else names[::-1]
        try:
            for _ in range(EACH):
                with transaction.atomic():
                    for name in order:
                        record(AuditKind.STAFF_ACTED, subject=name)
                        record(AuditKind.ITEM_REFUSED, subject=name, cause="the same")
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(write, range(AT_ONCE)))
    for name in names:
        refused = events("--person", name, "--kind", "item-refused")
        assert sum(event["what"]["times"] for event in refused) == AT_ONCE * EACH
        assert AuditChain.objects.get(subject=name).length == 1 + AT_ONCE * EACH + len(refused)
    assert AuditEvent.objects.count() >= 3 * AT_ONCE * EACH
    assert verified()["faults"] == []
