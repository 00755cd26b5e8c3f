"""Nobody keeps others from searching by asking again and again."""

import pytest
from django.test import Client

from importers.search.share import MOST_AT_ONCE, search_of
from tests.support.worker import browser, person

pytestmark = pytest.mark.django_db


def status(client: Client) -> int:
    return client.get("/search", {"q": "Lisbon"}).status_code


def test_who_has_searches_under_way_is_asked_to_wait_and_others_are_not() -> None:
    ada, bob = person("ada"), person("bob")
    of_ada, of_bob = browser(ada), browser(bob)
    with search_of(ada.pk) as may:
        assert may
        assert status(of_ada) == 200
        with search_of(ada.pk) as may:
            assert may
            busy = of_ada.get("/search", {"q": "Lisbon & Porto"})
            assert (busy.status_code, busy["Retry-After"]) == (429, "1")
            assert 'href="/search?q=Lisbon+%26+Porto"' in busy.content.decode()
            assert status(of_bob) == 200
            with search_of(ada.pk) as may:
                assert not may
        assert status(of_ada) == 200
    assert MOST_AT_ONCE == 2
    assert status(of_ada) == 200
