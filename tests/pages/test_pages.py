"""Every page, in each of its states, in a real browser: nothing to say on its console, nothing that axe finds, and
nothing that is wider than the window."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from django.test import Client

from accounts.models import User
from tests.e2e.browser import chromium
from tests.pages.installation import fill
from tests.pages.places import PLACES, PageState
from tests.pages.reading import is_english, is_in_both, read
from tests.pages.visitor import EVERYTHING, PageVisitor, Visit
from tests.support.factors import record_shown

SHOWN = ("nora", "olaf")  # who have shown just now who they are

READ = [place for place in PLACES if place.typed is None and "/made/" not in str(place.address)]

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed here")


@pytest.fixture(scope="module")
def visits(shared_server: str) -> dict[str, Visit]:
    """What is opened, by the names of the places. The database is asked before a browser runs."""
    sessions = {"": "", **fill(shared_server)}
    for person in User.objects.filter(username__in={place.who for place in PLACES}):
        client = Client()
        client.force_login(person, backend="accounts.backends.NameOrEmail")
        if person.username in SHOWN:
            session = client.session
            record_shown(session, person)
            session.save()
        sessions[person.username] = client.cookies["sessionid"].value
    return {
        place.name: Visit(
            place.name,
            place.found_address,
            sessions[place.who],
            dict(place.typed) if place.typed else None,
            place.status,
            place.click,
        )
        for place in PLACES
    }


@pytest.fixture(scope="module")
def texts(shared_server: str, visits: dict[str, Visit]) -> Callable[[Visit, str], list[str]]:
    """Reads a page in a language."""
    User.objects.update(language="")

    def texts_of(visit: Visit, language: str) -> list[str]:
        with httpx.Client(base_url=shared_server, headers={"Accept-Language": language}, timeout=60) as http:
            if visit.session:
                name, _, value = visit.session.rpartition("=")
                http.cookies.set(name or "sessionid", value)
            return read(http.get(visit.address).text)

    return texts_of


@pytest.fixture(scope="module")
def visitor(shared_server: str, visits: dict[str, Visit]) -> Iterator[PageVisitor]:
    with PageVisitor(shared_server) as visitor:
        yield visitor


@pytest.mark.parametrize("place", READ, ids=lambda place: place.name)
def test_a_page_speaks_french_to_whoever_reads_french(
    texts: Callable[[Visit, str], list[str]], visits: dict[str, Visit], place: PageState
) -> None:
    french = texts(visits[place.name], "fr")
    english = [text for text in french if is_english(text)]
    if EVERYTHING:  # what says the same in both
        same = set(texts(visits[place.name], "en"))
        english += [text for text in french if text in same and not is_in_both(text)]
    assert not english, "\n".join(dict.fromkeys(english))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_nothing_is_wrong_with_the_page(visitor: PageVisitor, visits: dict[str, Visit], place: PageState) -> None:
    faults = visitor.faults(visits[place.name])
    assert not faults, "\n".join(faults)
