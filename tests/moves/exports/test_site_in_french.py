"""The site in the archive of somebody who reads French; what programs read of the archive is the same for everybody."""

import re
from html.parser import HTMLParser

import httpx
import pytest
from django.utils.translation import get_language

from accounts.models import User
from moves.formats.offered import offered
from moves.models import Event
from tests.support.exporter import Exporter, Person
from tests.support.site import PAGES, dead_links, found_by, pages_of
from tests.support.takeout import PAGE, TakeOut, site_text

SHOWN = ("aria-label", "alt", "placeholder", "title", "data-looking", "data-found", "data-more", "data-nothing")
# Said alike in both languages: names of formats and of folders, and words that are the same.
ALIKE = {
    "ActivityStreams 2.0", "Albums", "Contacts", "Data", "Data/instance.json", "E-mail", "Files", "JSPF", "M3U8",
    "Markdown", "Notes", "Organisation", "XSPF", "iCalendar", "vCard 3.0", "vCard 4.0",
    "2 photos",
}  # fmt: skip


class SaidWords(HTMLParser):
    """What a page says itself, as opposed to what people and services have written, which is in elements of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br", "img", "input", "path", "rect", "circle"):
            self._within.append(tag)
        if tag != "img":  # whose words are those of whoever has the picture
            self.said |= {value for name, value in attributes if name in SHOWN and value}

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        if "bdi" not in self._within and "style" not in self._within and re.search(r"[A-Za-z]{2}", text):
            self.said.add(" ".join(text.split()))


def said(entries: dict[str, bytes]) -> dict[str, set[str]]:
    return {name: SaidWords(body.decode()).said for name, body in entries.items() if PAGE.fullmatch(name)}


@pytest.fixture
def in_english(full: Exporter, http: httpx.Client, ada: Person) -> dict[str, bytes]:
    """The archive of somebody who reads English, with something of everything."""
    return TakeOut.made(http, ada).everything()


@pytest.fixture
def in_french(in_english: dict[str, bytes], http: httpx.Client, ada: Person) -> dict[str, bytes]:
    """The archive of the same person, who reads French by now."""
    User.objects.filter(pk=ada.row.pk).update(language="fr")
    return TakeOut.made(http, ada).everything()


def test_its_pages_say_nothing_in_english(in_english: dict[str, bytes], in_french: dict[str, bytes]) -> None:
    assert len(said(in_french)) > 20
    there = {words for page in said(in_english).values() for words in page}
    alike = ALIKE | {one.format.folder for one in offered()}
    left = {(name, words) for name, page in said(in_french).items() for words in page & there - alike}
    assert left == set()
    for name in said(in_french):
        assert b'<html lang="fr">' in in_french[name], name
    assert "Tout ce que ada@example.org avait sur 127.0.0.1:8000 le " in site_text(in_french)
    assert "+44 20 1234 (domicile)" in site_text(in_french)
    assert "Les heures sont celles du fuseau UTC." in site_text(in_french)


def test_all_of_it_leads_somewhere_and_is_found(in_french: dict[str, bytes]) -> None:
    assert list(dead_links(in_french)) == []
    pages = pages_of(in_french)
    titles = set()
    for place, (title, _text, _day) in found_by(in_french):
        page, _hash, number = place.partition("#")
        assert number in pages[page].ids
        titles.add(title)
    assert titles >= {"Hello <world>", "Tea, with Grace", "Trip", "文件.txt", "Ada Lovelace"}
    index = in_french["My Cozy/Readable/index.html"].decode()
    assert re.search(r"<h1>Les données du compte <bdi>ada</bdi>, (1er|\d+) [a-zéû]+ \d{4}</h1>", index)


def test_what_programs_read_is_the_same_for_everybody(
    in_english: dict[str, bytes], in_french: dict[str, bytes]
) -> None:
    """But for what says of which moment it is, and the list of all that is in it, which has checksums of the pages."""
    read_by_people = {name for name in in_english | in_french if name.startswith(PAGES) or PAGE.fullmatch(name)}
    assert in_english.keys() - read_by_people == in_french.keys() - read_by_people
    changed = {name for name in in_english.keys() - read_by_people if in_english[name] != in_french[name]}
    assert changed == {"My Cozy/Data/instance.json", "My Cozy/manifest.json"}


def test_who_makes_it_stays_english(in_french: dict[str, bytes], ada: Person) -> None:
    """What is written down of it meanwhile is for the operator and for programs, too."""
    assert get_language() == "en"
    done = Event.objects.filter(export__owner=ada.row, kind=Event.Kind.DONE).latest("pk")
    assert re.match(r"1 part, \d+ things, \d+ files", done.detail)


def test_what_hides_in_the_name_of_an_author_is_called_so_in_the_language_of_whose_archive_it_is(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    post = {"@type": "SocialActivity", "metadata": {"actor": {"name": "Grace\u202e"}}, "activity": {"id": "1"}}
    exporter.send("social-posts", post)
    assert "[right-to-left override]" in site_text(TakeOut.made(http, ada).everything())
    User.objects.filter(pk=ada.row.pk).update(language="fr")
    assert "[right-to-left override]" not in site_text(TakeOut.made(http, ada).everything())
