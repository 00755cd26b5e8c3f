"""The site in an archive: whoever unpacks it finds everything, by links that lead somewhere, and nothing else."""

import re
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import httpx
import pytest
from django.core.management import call_command

from importers.verticals.media.models import Photo
from importers.verticals.social_posts.models import SocialActivity
from moves.exports import job, links
from moves.exports import requests as export_requests
from moves.exports.requests import Wish
from moves.models import Export
from tests.support.exporter import Exporter, Person, file_item
from tests.support.pictures import from_a_phone
from tests.support.site import PAGES, dead_links, found_by, pages_of
from tests.support.takeout import TakeOut, site_text, unzipped
from tests.verticals.social_posts import samples as posts

MEBIBYTE = 1024 * 1024
OURS = {
    "a", "abbr", "bdi", "body", "br", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "g", "h1", "h2", "h3", "head", "header", "html", "img", "input", "label", "li", "link",
    "main", "meta", "nav", "noscript", "ol", "p", "path", "pre", "rect", "section", "span", "strong", "summary", "svg",
    "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
BAD_NAMES = (
    "<script>alert(1)</script>.txt",
    "quote\"'onerror=x.jpg",
    "100% #1 what?.jpg",
    "exe\u202egpj.jpg",
    "é" * 100 + ".jpg",
    "../../up.html",
    "picture.svg",
)


def test_every_link_of_every_page_leads_somewhere(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada, parts_size=50)
    assert len(take_out.cursors) > 1
    entries = take_out.everything()
    assert list(dead_links(entries)) == []
    pages = pages_of(entries)
    for name, page in pages.items():
        assert page.elements <= OURS | ({"script"} if name == f"{PAGES}search.html" else set()), name
        assert page.handlers == []
        assert len(entries[name]) < MEBIBYTE
    led_to = {normpath(join(dirname(name), unquote(one))) for name, page in pages.items() for one in page.addresses}
    in_bin = {name for name, body in take_out.documents("io.cozy.files").items() if body.get("trashed")}
    assert not in_bin
    files = {name for name in entries if name.startswith("My Cozy/Files/") and "/Files/f-" not in name}
    openly = {name for name in files if name in led_to or dirname(name) in led_to}
    versions = {body["_id"].partition("/")[0] for body in take_out.documents("io.cozy.files.versions").values()}
    assert {name for name in files - openly if name.split("/")[2] not in versions} == set()


def test_every_kind_is_shown_and_found(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    index = entries["My Cozy/Readable/index.html"].decode()
    assert re.search(r"<h1>The data of <bdi>ada</bdi>, \d+ \w+ \d{4}</h1>", index)
    text = site_text(entries)
    for said in ("Hello &lt;world&gt;", "Tea, with Grace", "Trip", "文件.txt", "Up early", "Ada Lovelace", "Milk"):
        assert said in text
    pages = pages_of(entries)
    titles = set()
    for place, (title, _text, _day) in found_by(entries):
        page, _, number = place.partition("#")
        assert number in pages[page].ids
        titles.add(title)
    assert titles >= {"Hello <world>", "Tea, with Grace", "Trip", "文件.txt", "Ada Lovelace"}


def test_lists_have_pages_and_an_overview_leads_to_all(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "first"}})
    posts.many(ada, 249)
    SocialActivity.objects.filter(identifier="first").update(published_at="2020-02-03T12:00:00Z", content="Earlier")
    entries = TakeOut.made(http, ada).everything()
    names = {name.removeprefix(f"{PAGES}posts/") for name in entries if name.startswith(f"{PAGES}posts/")}
    assert names == {"index.html", "2.html", "3.html", "all.html"}
    shown = [entries[f"{PAGES}posts/{name}"].decode().count("<li id=") for name in ("index.html", "2.html", "3.html")]
    assert shown == [100, 100, 50]
    assert '<a rel="next" href="3.html">' in entries[f"{PAGES}posts/2.html"].decode()
    assert '<a href="3.html#e50"><bdi>February 2020</bdi></a>' in entries[f"{PAGES}posts/all.html"].decode()
    assert list(dead_links(entries)) == []


def test_what_has_no_name_comes_last(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for number, title in enumerate(("", "Weather", "", "1 o'clock")):
        exporter.send("music", {"@type": "MusicRelease", "icpnCode": str(number), "title": title})
    page = TakeOut.made(http, ada).everything()[f"{PAGES}releases/index.html"].decode()
    assert re.findall(r"<h2><bdi>(.*?)</bdi>", page) == ["#", "W", "Without a name"]


def test_long_texts_end_pages_and_lead_to_all_of_them(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for number, text in enumerate(("<&\n", "\n", "\u202e", "\U0001f6a2") * 2):
        exporter.send("notes", {"title": f"Note {number}", "text": f"{text * 40_000}."})
    said = {"id": "1", "title": "\u202e" * 30_000, "content": "<" * 300_000}
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": said})
    entries = TakeOut.made(http, ada).everything()
    sizes = [len(body) for name, body in entries.items() if name.startswith(PAGES)]
    assert max(sizes) < MEBIBYTE
    text = site_text(entries)
    assert (text.count("It goes on."), text.count("It says more than a page can show.")) == (8, 1)


def test_bad_names_are_names(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for name in BAD_NAMES:
        exporter.send_file("blobs", file_item(name, f"/{name}"), b"<script>x</script>")
        exporter.send("media", {"@type": "Album", "id": name, "name": name})
        exporter.send_file("media", {"@type": "Photo", "name": name, "albumId": name}, name.encode(), "image/jpeg")
        said = {"id": name, "title": name, "content": f"<img src=x onerror=x>{name}", "url": "javascript:x"}
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": said})
    entries = TakeOut.made(http, ada).everything()
    assert list(dead_links(entries)) == []
    for name, page in pages_of(entries).items():
        assert page.elements - {"script"} <= OURS and page.handlers == [], name
        assert not [one for one in page.addresses if one.startswith("javascript:")]
        # Nothing leads to what runs programs.
        assert not [one for one in page.addresses if one.startswith("../../../") and one.endswith(("svg", "up.html"))]
    text = site_text(entries)
    assert 'exe<span class="code-point">[right-to-left override]</span>gpj.jpg' in text
    assert "\u202e" not in text


def test_posts_have_the_pictures_that_the_archive_has(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": "harbour-1.jpg"}, b"a", "image/jpeg")
    for number in range(2):
        exporter.send_file("media", {"@type": "Photo", "name": "twice-12.jpg"}, bytes([number]), "image/jpeg")
    attached = [
        {"type": "IMAGE", "url": f"https://social.example/m/{name}", "name": "The harbour"}
        for name in ("harbour-1.jpg", "twice-12.jpg", "elsewhere.jpg")
    ]
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1", "attachments": attached}})
    page = TakeOut.made(http, ada).everything()[f"{PAGES}posts/index.html"].decode()
    assert re.findall(r'<img src="([^"]*)" alt="([^"]*)"', page) == [
        ("../../../Files/Photos/harbour-1.jpg", "The harbour")
    ]
    assert page.count("https://social.example/m/") == 4  # two links, and what they say


def test_what_was_chosen_is_all_that_pages_show(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada, with_doctypes=["org.wharf.social.posts"]).everything()
    folders = {name.removeprefix(PAGES).partition("/")[0] for name in entries if name.startswith(PAGES)}
    assert folders == {"posts", "search", "search.html", "search.js", "site.css"}
    assert "What was chosen of all that" in site_text(entries)
    assert list(dead_links(entries)) == []


def test_an_empty_account_has_a_page_that_says_so(http: httpx.Client, ada: Person) -> None:
    entries = TakeOut.made(http, ada).everything()
    assert "There was nothing in the account." in site_text(entries)
    assert list(dead_links(entries)) == []


def test_the_archives_of_a_move_have_none(full: Exporter, http: httpx.Client, ada: Person) -> None:
    """Nobody looks at them: they go from one server to another."""
    export = export_requests.create(ada.row, Wish(), "move")
    assert job.run(export.pk)
    made = http.get(links.data_path(Export.objects.get(pk=export.pk), ""))
    names = unzipped(made.content).keys()
    assert any(name.startswith("My Cozy/Readable/") for name in names)
    assert not any(name.startswith(PAGES) for name in names)


def test_photos_stand_in_the_month_that_their_files_say(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    exporter.send_file("media", {"@type": "Photo", "name": "a.jpg"}, from_a_phone(), "image/jpeg")
    call_command("thumbnails")
    page = TakeOut.made(http, ada).everything()[f"{PAGES}photos/index.html"].decode()
    assert "July 2021" in page and "14 July 2021" in page


@pytest.mark.services
def test_the_newest_come_first_whatever_they_are(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for number, day in enumerate((3, 1, 4, 2)):
        kind = "Video" if number % 2 else "Photo"
        item = {"@type": kind, "name": f"{day}.jpg", "uploadedTime": f"2024-06-0{day}T00:00:00Z"}
        exporter.send_file("media", item, bytes([number]), "image/jpeg")
    assert Photo.objects.count() == 2
    page = TakeOut.made(http, ada).everything()[f"{PAGES}photos/index.html"].decode()
    captions = re.findall(r'<p class="name"><bdi>(\d)\.jpg</bdi></p>', page)
    assert captions == ["4", "3", "2", "1"]
