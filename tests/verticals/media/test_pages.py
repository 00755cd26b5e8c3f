"""Photos and videos as people see them: grids by month and by album, a page for each, and videos that play."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from importers.models import Content
from importers.models.content import Drawn
from importers.models.record import new_doc_id
from importers.verticals.media.models import Album, AlbumPhoto, Photo, Video
from tests.support import drawn, pictures, rows
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter

WAVES = CHECKOUT / "demo/folder/Photos/Summer in Lisbon/Waves at Cascais.mp4"


@pytest.fixture
def owner(client: Client, db: None) -> User:
    """Somebody with 70 photos, one a day up to the first of March, every second in an album, who is logged in."""
    person = rows.everything("one")
    client.force_login(person)
    model = Photo.objects.get()
    Photo.objects.all().delete()
    Album.objects.all().delete()
    common = {"owner": person, "source": model.source, "transfer": model.transfer, "content": model.content}
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    album = Album.objects.create(
        owner=person,
        source=model.source,
        transfer=model.transfer,
        identity=new_doc_id(),
        identifier="a",
        name="Half of them",
        arrived_at=first,
    )
    for number in range(70):
        at = first - timedelta(days=number)
        photo = Photo.objects.create(**common, identity=new_doc_id(), name=f"n{number}.jpg", uploaded_at=at)
        if number % 2:
            AlbumPhoto.objects.create(album=album, item=photo)
    return person


def shown(client: Client, address: str) -> str:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, address
    assert len(queries) < 15
    return answer.content.decode()


def tiles(page: str) -> list[str]:
    return re.findall(r'<span class="name"><bdi>(.*?)</bdi></span>', page)


def months(page: str) -> list[str]:
    return re.findall(r'<h2 id="m\d+">(.*?)</h2>', page)


@pytest.mark.services
def test_photos_stand_by_month_and_a_month_can_be_gone_to(client: Client, owner: User) -> None:
    page = shown(client, "/things/media/photos/")
    assert months(page) == ["March 2026", "February 2026", "January 2026"]
    assert tiles(page) == [f"n{number}.jpg" for number in range(50)]
    page = shown(client, "/things/media/photos/?month=2026-01")
    assert (months(page)[0], tiles(page)[0]) == ("January 2026", "n29.jpg")
    page = shown(client, "/things/media/photos/?month=2026-02&order=oldest")
    assert (months(page)[0], tiles(page)[0]) == ("February 2026", "n28.jpg")
    for odd in ("0000-01", "2026-13", "x", "9999-12"):
        assert tiles(shown(client, f"/things/media/photos/?month={odd}")), odd


@pytest.mark.services
def test_months_are_those_of_the_persons_zone(client: Client, owner: User) -> None:
    User.objects.update(time_zone="Pacific/Auckland")
    Photo.objects.filter(name="n1.jpg").update(uploaded_at="2026-02-28T12:00Z")  # the first of March there
    assert months(shown(client, "/things/media/photos/"))[0] == "March 2026"
    assert tiles(shown(client, "/things/media/photos/").partition("February")[0]) == ["n0.jpg", "n1.jpg"]


@pytest.mark.services
def test_a_photo_without_a_date_stands_where_its_file_says_that_it_was_taken(
    client: Client, exporter: Exporter
) -> None:
    """Whether its file is looked at afterwards, or has been before it came."""
    client.force_login(exporter.person.row)
    drawn.send(exporter, {"first.jpg": pictures.from_a_phone()})
    drawn.draw()
    drawn.send(exporter, {"second.jpg": pictures.from_a_phone()})
    dated = {"@type": "Photo", "name": "said.jpg", "uploadedTime": "2001-03-04T00:00:00Z"}
    exporter.send_file("media", dated, pictures.from_a_phone())
    page = shown(client, "/things/media/photos/")
    year = pictures.TAKEN[:4]
    assert [month.rpartition(" ")[2] for month in months(page)] == [year, "2001"]
    assert re.findall(r'alt="(.*?)"', page) == ["second.jpg", "first.jpg", "said.jpg"]
    page = shown(client, f"/things/media/photos/{Photo.objects.get(name='first.jpg').doc_id}/")
    for words in ("Taken", year, "Place", "° N", "° W", "Pixels", "Download</a>", 'value="4"'):
        assert words in page, words


def test_an_album_shows_what_is_in_it_and_leads_to_all_of_it(client: Client, owner: User) -> None:
    album = Album.objects.get()
    page = shown(client, f"/things/media/albums/{album.doc_id}/")
    odd = [f"n{number}.jpg" for number in range(70) if number % 2]
    assert tiles(page) == odd[:24]
    assert f'href="/things/media/photos/?in={album.doc_id}"' in page
    assert tiles(shown(client, f"/things/media/photos/?in={album.doc_id}")) == odd
    other = rows.everything("two")
    foreign = Album.objects.get(owner=other)
    assert client.get(f"/things/media/photos/?in={foreign.doc_id}").status_code == 404


def test_albums_stand_with_a_picture_of_what_is_in_them(client: Client, owner: User) -> None:
    album = Album.objects.get()
    page = shown(client, "/things/media/albums/")
    assert f'href="/things/media/albums/{album.doc_id}/" data-empty' in page and "<img" not in page
    Content.objects.update(drawn=Drawn.MADE)
    first, last = AlbumPhoto.objects.earliest("pk").item, AlbumPhoto.objects.latest("pk").item
    assert f'<img src="/thumbnails/photo/{first.doc_id}/medium' in shown(client, "/things/media/albums/")
    Photo.objects.filter(pk=first.pk).update(trashed_at=first.received_at)
    assert f'<img src="/thumbnails/photo/{last.doc_id}/medium' in shown(client, "/things/media/albums/")


def test_a_photo_leads_to_the_one_before_and_after_it(client: Client, owner: User) -> None:
    def address(name: str) -> str:
        return f"/things/media/photos/{Photo.objects.get(name=name).doc_id}/"

    page = shown(client, address("n5.jpg"))
    assert f'href="{address("n4.jpg")}" rel="prev"' in page
    assert f'href="{address("n6.jpg")}" rel="next"' in page
    assert "Half of them" in page
    assert 'rel="prev"' not in shown(client, address("n0.jpg"))
    assert 'rel="next"' not in shown(client, address("n69.jpg"))


def test_within_an_album_a_photo_leads_to_those_beside_it_there(client: Client, owner: User) -> None:
    album = Album.objects.get()

    def address(name: str) -> str:
        return f"/things/media/photos/{Photo.objects.get(name=name).doc_id}/?in={album.doc_id}"

    for page in (f"/things/media/albums/{album.doc_id}/", f"/things/media/photos/?in={album.doc_id}"):
        assert f' href="{address("n5.jpg")}"' in shown(client, page)
    page = shown(client, address("n5.jpg"))
    assert f'href="{address("n3.jpg")}" rel="prev"' in page
    assert f'href="{address("n7.jpg")}" rel="next"' in page
    assert f'<a href="/things/media/albums/{album.doc_id}/"><bdi>Half of them</bdi></a>' in page.partition("<h1")[0]
    assert 'rel="prev"' not in shown(client, address("n1.jpg"))
    assert 'rel="next"' not in shown(client, address("n69.jpg"))
    page = shown(client, address("n4.jpg"))  # which is not in it
    assert f'href="{address("n5.jpg").partition("?")[0]}" rel="next"' in page


def test_a_video_plays_on_its_page_by_ranges(client: Client, exporter: Exporter, server: str) -> None:
    item = {"@type": "Video", "name": "Waves.mp4", "uploadedTime": "2026-01-01T00:00:00Z"}
    assert exporter.send_file("videos", item, WAVES.read_bytes(), "application/octet-stream").status_code == 201
    client.force_login(exporter.person.row)
    video = Video.objects.get()
    page = client.get(f"/things/media/videos/{video.doc_id}/").content.decode()
    source = re.search(r'<video controls preload="metadata" src="([^"]+)"', page)
    assert source is not None
    played = _get(client, server, source.group(1).replace("&amp;", "&"), Range="bytes=0-99")
    assert played.status_code == 206
    assert played.content == WAVES.read_bytes()[:100]
    assert played.headers["Content-Type"] == "video/mp4"
    assert played.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in played.headers["Content-Security-Policy"]
    assert "Content-Disposition" not in played.headers


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"\x89PNG\r\n\x1a\n"], ids=["html", "png"])
def test_only_what_is_a_video_is_answered_as_one(
    client: Client, exporter: Exporter, server: str, content: bytes
) -> None:
    item = {"@type": "Video", "name": "Waves.mp4", "uploadedTime": "2026-01-01T00:00:00Z"}
    exporter.send_file("videos", item, content, "video/mp4")
    client.force_login(exporter.person.row)
    answer = _get(client, server, f"/content/{Video.objects.get().content.sha256}?as=video")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def _get(client: Client, server: str, address: str, **headers: str) -> Any:
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return httpx.get(server + address, cookies=cookies, headers=headers)
