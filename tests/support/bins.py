"""The bin as somebody at a browser uses it."""

from datetime import timedelta
from typing import Any

from django.test import Client, override_settings

from importers.bin import job
from importers.maintenance.verification import verify_counts, verify_use
from importers.models import Record
from importers.vertical import record_models
from tests.support.waiting import PATIENCE


class BinVisitor:
    """Somebody who is logged in, and throws things away, brings them back and deletes them."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def throw(self, **asked: Any) -> str:
        return self._post("/bin/throw", asked)

    def restore(self, **asked: Any) -> str:
        return self._post("/bin/restore", asked)

    def delete(self, **asked: Any) -> str:
        """Deletes for good, after what asks first."""
        if asked.keys() == {"kind"}:
            asked = asked | {"all": "yes"}
        asks = self.client.post("/bin/delete", asked)
        assert asks.status_code == 200, asks
        assert 'name="sure"' in asks.content.decode()
        return self._post("/bin/delete", asked | {"sure": "yes"})

    def page(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        text: str = answer.content.decode()
        assert "style=" not in text and "<script>" not in text
        return text

    def _post(self, address: str, asked: dict[str, Any]) -> str:
        if asked.keys() == {"kind"}:
            asked = asked | {"all": "yes"}  # as the page says that asks
        with override_settings(WHARF_PAGE_WAITS=PATIENCE):
            answer = self.client.post(address, asked, follow=True)
        assert answer.status_code == 200, (address, answer.status_code)
        assert not job.is_waiting()
        return str(answer.content.decode())


def in_bin() -> dict[str, int]:
    """How many records of each kind are in bins."""
    rows = ((model.__name__, model._default_manager.exclude(trashed_at=None).count()) for model in record_models())
    return {name: number for name, number in rows if number}


def here() -> dict[str, int]:
    """How many records of each kind are not."""
    rows = ((model.__name__, model._default_manager.filter(trashed_at=None).count()) for model in record_models())
    return {name: number for name, number in rows if number}


def wait(days: float) -> None:
    """Lets everything have been in the bin for so much longer."""
    for model in record_models():
        rows: list[Record] = list(model._default_manager.exclude(trashed_at=None))
        for record in rows:
            assert record.trashed_at is not None
            earlier = record.trashed_at - timedelta(days=days)
            model._default_manager.filter(pk=record.pk).update(trashed_at=earlier)


def assert_all_adds_up() -> None:
    """What the database counts, and what people are said to use, is what is there."""
    assert [finding.what for finding in (*verify_use(repair=False), *verify_counts(repair=False))] == []
