"""What is deleted for good is gone with all that belongs to it, and its room is free; nothing else goes."""

import json
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from importers import tasks
from importers.models import Alias, Content, Holding, Revision
from importers.pages.kinds import pages_of
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.calendar.models import CalendarEvent
from importers.verticals.media.models import Photo
from importers.verticals.social_posts.models import SocialActivity
from tests.support.archives import bring
from tests.support.bins import BinVisitor, assert_all_adds_up, here, in_bin, wait
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut
from tests.verticals.media.samples import album, photo

pytestmark = pytest.mark.services


def post(number: int, title: str = "") -> dict[str, Any]:
    return {"@type": "SocialActivity", "activity": {"id": str(number), "title": title or f"Post {number}"}}


def test_it_asks_first_and_then_nothing_is_left(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    exporter.new_job(recurring="again")
    exporter.send_file("blobs", file_item("a.txt", "/A"), b"first")
    exporter.new_job(recurring="again")
    exporter.send_file("blobs", file_item("a.txt", "/A"), b"second")
    exporter.send("social-posts", post(1))
    exporter.send("social-posts", post(1, "Edited"))
    assert (FileVersion.objects.count(), Revision.objects.count()) == (1, 1)
    file = File.objects.get()
    address = f"/content/{file.content.sha256}"
    visitor.throw(kind="folder", path="/A")
    visitor.throw(kind="socialactivity")
    asks = visitor.client.post("/bin/delete", {"everything": "yes"}).content.decode()
    assert "Delete this for good?" in asks and "3 things" in asks
    assert in_bin() == {"File": 1, "Folder": 1, "SocialActivity": 1}
    assert visitor.client.head(address).status_code == 200
    page = visitor.delete(everything="yes")
    assert "3 things were deleted for good" in page and "The bin is empty" in page
    assert (here(), in_bin(), ada.used) == ({}, {}, 0)
    assert not FileVersion.objects.exists() and not Revision.objects.exists() and not Holding.objects.exists()
    assert visitor.client.get(address).status_code == 404
    assert visitor.client.get(pages_of(File).address(file)).status_code == 404
    tasks.purge()
    assert not Content.objects.filter(unneeded_since=None).exists()
    assert_all_adds_up()


def test_bytes_that_another_record_has_stay(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/A"), b"the same")
    exporter.send_file("blobs", file_item("b.txt", "/A"), b"the same")
    exporter.send_file("media", photo(), b"the same")
    used = ada.used
    gone, stays = File.objects.order_by("pk")
    visitor.throw(kind="file", id=gone.doc_id)
    visitor.delete(kind="file", id=gone.doc_id)
    assert ada.used == used - len(gone.payload.encode())
    assert Holding.objects.count() == 1
    assert visitor.client.head(f"/content/{stays.content.sha256}?doc={stays.doc_id}").status_code == 200
    visitor.throw(kind="file", id=stays.doc_id)
    visitor.throw(kind="photo")
    visitor.delete(everything="yes")
    assert Holding.objects.count() == 0
    assert_all_adds_up()


def test_an_album_goes_and_its_photos_stay(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send("media", album("1", "One"))
    exporter.send("media", album("2", "Two"))
    for one in ("1", "2"):
        exporter.send_file("media", photo(album=one), b"pixels")
    visitor.throw(kind="album")
    visitor.delete(everything="yes")
    assert (here(), Photo.objects.get().albums.count()) == ({"Photo": 1}, 0)
    assert_all_adds_up()


def test_a_calendar_goes_and_its_events_stay(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "1", "name": "Work"})
    exporter.send("calendar", {"@type": "CalendarEvent", "calendarId": "1", "title": "Launch"})
    visitor.throw(kind="calendar")
    visitor.delete(everything="yes")
    assert (here(), CalendarEvent.objects.get().calendar) == ({"CalendarEvent": 1}, None)
    assert "Launch" in visitor.page(pages_of(CalendarEvent).list_address)


def test_a_folder_that_is_deleted_takes_what_was_thrown_away_in_it(visitor: BinVisitor, exporter: Exporter) -> None:
    for folder in ("/A", "/A/B", "/C"):
        exporter.send_file("blobs", file_item("a.txt", folder), folder.encode())
    visitor.throw(kind="folder", path="/A")
    visitor.delete(kind="folder", id=Folder.objects.get(identifier="/A").doc_id)
    assert (in_bin(), sorted(Folder.objects.values_list("identifier", flat=True))) == ({}, ["/C"])
    assert_all_adds_up()


def test_the_bin_empties_itself_after_its_days(
    visitor: BinVisitor, exporter: Exporter, ada: Person, settings: Any
) -> None:
    exporter.send_file("blobs", file_item("old.txt", "/A"), b"old")
    exporter.send("social-posts", post(1))
    visitor.throw(kind="folder", path="/A")
    wait(days=29)
    visitor.throw(kind="socialactivity")
    tasks.purge()
    assert in_bin() == {"File": 1, "Folder": 1, "SocialActivity": 1}
    assert "1 day left" in visitor.page("/bin/blobs/files/")  # until this hour of tomorrow
    wait(days=1.01)
    out = StringIO()
    call_command("purge", stdout=out)
    assert "2  records deleted from bins" in out.getvalue()
    assert (in_bin(), here()) == ({"SocialActivity": 1}, {})
    assert ada.used == len(SocialActivity.objects.get().payload.encode())
    assert_all_adds_up()


def test_nothing_goes_from_an_account_that_moves(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    exporter.send("social-posts", post(1))
    visitor.throw(kind="socialactivity")
    wait(days=31)
    User.objects.update(blocked=User.Blocked.MOVING)
    tasks.purge()
    assert in_bin() == {"SocialActivity": 1}
    User.objects.update(blocked=User.Blocked.BY_OPERATOR)
    tasks.purge()
    assert in_bin() == {}


def test_an_alias_goes_with_its_record(visitor: BinVisitor, exporter: Exporter, ada: Person) -> None:
    exporter.send("social-posts", post(1))
    doc_id = SocialActivity.objects.get().doc_id
    Alias.objects.create(owner=ada.row, kind="socialactivity", doc_id="former", of=doc_id)
    visitor.throw(kind="socialactivity")
    visitor.delete(everything="yes")
    assert not Alias.objects.exists()


@pytest.mark.parametrize("way", ["delete", "restore"])
def test_what_an_archive_says_is_thrown_away_in_a_time_to_come_is_in_the_bin_like_all_else(
    visitor: BinVisitor, exporter: Exporter, ada: Person, http: httpx.Client, way: str
) -> None:
    exporter.send("social-posts", post(1))
    exporter.send("social-posts", post(2))
    visitor.throw(kind="socialactivity")
    entries = TakeOut.made(http, ada).everything()
    [name] = [name for name, raw in entries.items() if b'"Post 1"' in raw and "/org.wharf.social.posts/" in name]
    body = json.loads(entries[name])
    body["metadata"]["wharf"] |= {"trashed_at": "2999-01-01T00:00:00Z", "changed_at": timezone.now().isoformat()}
    bring(ada, {name: json.dumps(body).encode()})
    assert SocialActivity.objects.filter(trashed_at__year=2999).count() == 1
    getattr(visitor, way)(kind="socialactivity")
    assert in_bin() == {}
    assert SocialActivity.objects.count() == (2 if way == "restore" else 0)
    assert_all_adds_up()
