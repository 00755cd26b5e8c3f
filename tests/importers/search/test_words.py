"""What is found by what: every script, parts and beginnings of words, and nothing by what only looks like a rule."""

import pytest

from tests.importers.search.conftest import Write
from tests.support.searching import Searcher

pytestmark = pytest.mark.services

SAID = {
    "latin": "Château de Crème brûlée",
    "german": "Große Straße nach Weißensee",
    "turkish": "Diyarbakır ISPARTA İstanbul ığdır",
    "nordic": "Ærø Łódź smørrebrød",
    "greek": "Οδυσσέας και ΣΊΣΥΦΟΣ",
    "cyrillic": "Ёжик в тумане",
    "arabic": "مُحَمَّد في أحمد",
    "chinese": "我爱北京天安门",
    "japanese": "東京タワーでがくせい",
    "korean": "안녕하세요 여러분",
    "thai": "ประเทศไทย",
    "wide": "Ｆｕｌｌ ｗｉｄｔｈ ﬁle",
    "emoji": "Party 🎉👍🏽 ❤️",
    "signs": 'Rabatt 100% auf a_b, "quoted", C++ & c# - don\'t* (x) \\ <script>alert(1)</script>',
    "hidden": "in\u00advisible zero\u200bwidth",
}
FOUND = [
    ("château", "latin"),
    ("CHATEAU", "latin"),
    ("hâtea", "latin"),
    ("brulee", "latin"),
    ("ûlé", "latin"),
    ("cr", "latin"),
    ("crème chateau", "latin"),
    ("strasse", "german"),
    ("STRASSE", "german"),
    ("straße", "german"),
    ("eißens", "german"),
    ("diyarbakir", "turkish"),
    ("DİYARBAKIR", "turkish"),
    ("ısparta", "turkish"),
    ("istanbul", "turkish"),
    ("Iğdır", "turkish"),
    ("aero", "nordic"),
    ("lodz", "nordic"),
    ("Smorre", "nordic"),
    ("οδυσσεας", "greek"),
    ("σισυφος", "greek"),
    ("δυσσ", "greek"),
    ("κα", "greek"),
    ("ёжик", "cyrillic"),
    ("ЕЖИК", "cyrillic"),
    ("туман", "cyrillic"),
    ("محمد", "arabic"),
    ("احمد", "arabic"),
    ("في", "arabic"),
    ("北京", "chinese"),
    ("京", "chinese"),
    ("天安门", "chinese"),
    ("タワ", "japanese"),
    ("ﾀﾜｰ", "japanese"),
    ("がく", "japanese"),
    ("東京タワー", "japanese"),
    ("안녕", "korean"),
    ("하세요", "korean"),
    ("ไท", "thai"),
    ("full width", "wide"),
    ("file", "wide"),
    ("🎉", "emoji"),
    ("👍🏽", "emoji"),
    ("👍", "emoji"),
    ("❤", "emoji"),
    ("%", "signs"),
    ("100%", "signs"),
    ("a_b", "signs"),
    ("_", "signs"),
    ("*", "signs"),
    ("t*", "signs"),
    ('"', "signs"),
    ('"quoted"', "signs"),
    ("“quoted”", "signs"),
    ("c++", "signs"),
    ("C#", "signs"),
    ("\\", "signs"),
    ("<script>", "signs"),
    ("don't", "signs"),
    ("(x)", "signs"),
    ("invisible", "hidden"),
    ("zerowidth", "hidden"),
]
NOT_FOUND = [
    "âteaux",
    "ch\u0302teau",
    "hâ",  # two letters, and no word begins so
    "かく",  # which are other letters than がく
    "10%0",
    "a%f",
    "ch_teau",
    "chat*",
    "chateau OR nothing",
    "chateau strasse",  # not in one post
    "title:chateau",
    "NEAR(chateau creme)",
    "chateau' OR 1=1 --",
    '"unclosed',
    "{}",
    "%s",
    "%(q)s",
    "^chateau",
    "\x00",
    "\ud7a3\ud7a3",
    "🍕",
]


@pytest.fixture
def said(write: Write) -> None:
    for title in SAID.values():
        write(title)


def test_words_are_found_in_every_script(searcher: Searcher, said: None, subtests: pytest.Subtests) -> None:
    for asked, where in FOUND:
        with subtests.test(asked):
            found = searcher.found(asked)
            titles = [title.replace("[", "").replace("]", "") for title in found.get("socialactivity", [])]
            assert any(SAID[where].split()[0][:2] == title[:2] for title in titles), (asked, titles)
            assert any("[" in title for title in found["socialactivity"]), "what matched is marked"


def test_what_is_not_there_is_not_found(searcher: Searcher, said: None, subtests: pytest.Subtests) -> None:
    for asked in NOT_FOUND:
        with subtests.test(asked):
            assert searcher.found(asked) == {}


def test_what_matched_is_marked_as_it_stands_there(searcher: Searcher, said: None) -> None:
    assert searcher.found("brulee") == {"socialactivity": ["Château de Crème [brûlée]"]}
    assert searcher.found("strasse") == {"socialactivity": ["Große [Straße] nach Weißensee"]}
    assert searcher.found("北京") == {"socialactivity": ["我爱[北京]天安门"]}
    assert "<script>alert" not in searcher.page("<script>")
    assert searcher.found("<script>")["socialactivity"][0].endswith("[<script>]alert(1)</script>")


def test_of_a_very_long_question_the_beginning_is_looked_for(searcher: Searcher, said: None) -> None:
    page = searcher.page("chateau " * 1000)
    assert "Only the first 8 words" in page and "Crème" in page
    assert searcher.found("x" * 5000) == {}
    assert searcher.found("wo rd " * 20) == {}


def test_lines_of_a_text_stand_in_one(searcher: Searcher, write: Write) -> None:
    write("A post", content="Ada <ada@example.org>\r\nCharles\tBabbage")
    (text,) = searcher.texts("babbage")
    assert text.endswith("Ada <ada@example.org> Charles [Babbage]")
