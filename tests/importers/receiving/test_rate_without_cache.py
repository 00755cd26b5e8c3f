"""The operator's limit of items stands in the cache: while that is gone, items pass."""

import pytest
from pytest_django.fixtures import Settings

from importers.receiving import rate
from tests.support.exporter import Exporter


def test_without_the_cache_no_item_is_held_back_or_refused(
    exporter: Exporter, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    monkeypatch.setattr(rate, "_cache", rate._RateCache())
    settings.WHARF_ITEMS_PER_MINUTE = 1
    answers = [exporter.send("blobs", {"@type": "Folder", "path": f"/{number}"}) for number in range(4)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert rate._cache.is_gone, "it was asked"
