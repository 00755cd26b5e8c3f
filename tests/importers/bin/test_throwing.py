"""What is thrown away goes to the bin and comes back from there, one thing or many."""

import pytest

from importers.maintenance.verification import verify_counts
from importers.models import BinJob
from importers.pages.kinds import RecordPages, all_pages, pages_of
from importers.verticals.blobs.models import File, Folder
from importers.verticals.blobs.tree import tree_address
from importers.verticals.calendar.models import Calendar, CalendarEvent
from importers.verticals.media.models import Album, Photo
from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows
from tests.support.bins import BinVisitor, assert_all_adds_up, here, in_bin
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.trail import events
from tests.verticals.media.samples import album, photo

KINDS = [pytest.param(pages, id="-".join(pages.place)) for pages in all_pages()]


def post(number: int) -> dict[str, object]:
    return {"@type": "SocialActivity", "activity": {"id": str(number), "title": f"Post {number}"}}


def test_one_thing_is_thrown_away_on_its_page_and_brought_back_there(
    visitor: BinVisitor, exporter: Exporter, ada: Person
) -> None:
    exporter.send_file("blobs", file_item("notes.txt", "/Letters"), b"1234567")
    file, used = File.objects.get(), ada.used
    address = pages_of(File).address(file)
    assert 'action="/bin/throw"' in visitor.page(address)
    page = visitor.throw(kind="file", id=file.doc_id)
    assert "This is in the bin since" in page and 'action="/bin/restore"' in page
    assert "notes.txt went to the bin" in page  # called as it is called, where a sentence begins, too
    assert ada.used == used  # it takes room until the bin is emptied
    assert "notes.txt" not in visitor.page(tree_address("/Letters"))
    assert "notes.txt" not in visitor.page("/things/blobs/files/")
    listed = visitor.page("/bin/blobs/files/")
    assert "notes.txt" in listed and "7 bytes" in listed and ("29 days left" in listed or "30 days left" in listed)
    page = visitor.restore(kind="file", id=file.doc_id)
    assert "This is in the bin since" not in page and 'action="/bin/throw"' in page
    assert "notes.txt" in visitor.page(tree_address("/Letters"))
    assert_all_adds_up()
    told = [one for one in events("--person", ada.name, "--actor", ada.name) if one["kind"] != "logged-in"]
    assert [one["kind"] for one in told][-2:] == ["thrown-away", "restored"]
    assert told[-1]["what"]["records"] == 1


@pytest.mark.services
def test_what_is_thrown_away_and_brought_back_again_and_again_is_an_event_a_minute(
    visitor: BinVisitor, exporter: Exporter, ada: Person
) -> None:
    for name in ("a.txt", "b.txt"):
        exporter.send_file("blobs", file_item(name), name.encode())
    for _ in range(3):
        for file in File.objects.all():
            visitor.throw(kind="file", id=file.doc_id)
            visitor.restore(kind="file", id=file.doc_id)
    told = events("--person", ada.name, "--kind", "thrown-away", "--kind", "restored")
    assert sum(one["what"]["times"] for one in told) == 12
    assert {one["what"]["what"] for one in told} == {"a.txt", "b.txt"}
    assert len(told) <= 8  # two files, there and back, in a minute that may end meanwhile


@pytest.mark.parametrize("pages", KINDS)
def test_every_kind_can_be_thrown_away_listed_and_brought_back(
    visitor: BinVisitor, ada: Person, pages: RecordPages
) -> None:
    person = rows.everything("one")
    visitor.client.force_login(person)
    models = [pages.kind.model for pages in all_pages()]
    for model in models:
        if hasattr(model, "arrived_at"):
            model._default_manager.update(arrived_at="2026-01-01T00:00Z")
    before = here()
    (record,) = pages.kind.model._default_manager.filter(owner=person)
    visitor.throw(kind=pages.kind.name, id=record.doc_id)
    assert in_bin().get(pages.kind.model.__name__) == 1
    assert pages.address(record) in visitor.page(f"/bin/{'/'.join(pages.place)}/")
    assert pages.address(record) not in visitor.page(pages.list_address)
    assert "Bring it back" in visitor.page(pages.address(record))
    visitor.restore(kind=pages.kind.name, id=record.doc_id)
    assert (here(), in_bin()) == (before, {})
    assert list(verify_counts(repair=False)) == []


def test_what_is_marked_in_a_list_is_thrown_away(visitor: BinVisitor, exporter: Exporter) -> None:
    for number in range(4):
        exporter.send("social-posts", post(number))
    ids = list(SocialActivity.objects.order_by("pk").values_list("doc_id", flat=True))
    page = visitor.page("/things/social-posts/posts/")
    assert all(f'name="id" value="{one}"' in page for one in ids)
    page = visitor.throw(kind="socialactivity", id=ids[:2], next="/things/social-posts/posts/?order=oldest")
    assert "2 posts went to the bin, and can be brought back for 30 days." in page
    assert "Post 3" in page and "Post 1" not in page.partition("</ul></div>")[2]
    assert in_bin() == {"SocialActivity": 2}


def test_who_has_marked_nothing_is_told_so_and_keeps_everything(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send_file("blobs", file_item("one.txt", "/Letters"), b"1")
    exporter.send_file("blobs", file_item("two.txt", "/Letters"), b"22")
    visitor.throw(kind="file", id=File.objects.get(name="two.txt").doc_id)
    before = here(), in_bin()
    listed = {"kind": "file", "next": "/things/blobs/files/", "at": "/"}
    for address in ("/bin/throw", "/bin/restore", "/bin/delete", "/chosen"):
        answer = visitor.client.post(address, listed, follow=True)
        assert answer.redirect_chain == [("/things/blobs/files/", 302)], address
        assert "Nothing was marked" in answer.content.decode()
    assert (here(), in_bin()) == before
    assert 'name="all" value="yes"' in visitor.page("/bin/throw?kind=file")


@pytest.mark.services
def test_all_that_a_list_shows_is_thrown_away(visitor: BinVisitor, exporter: Exporter) -> None:
    for number in range(3):
        exporter.send("social-posts", post(number))
    exporter.new_job()
    exporter.send("social-posts", post(7))
    later = SocialActivity.objects.get(title="Post 7").transfer
    page = visitor.page(f"/things/social-posts/posts/?transfer={later.pk}")
    asks = f"/bin/throw?kind=socialactivity&amp;transfer={later.pk}"
    assert asks in page
    assert "1 thing." in visitor.page(asks.replace("&amp;", "&"))
    visitor.throw(kind="socialactivity", transfer=later.pk)
    assert (here()["SocialActivity"], in_bin()) == (3, {"SocialActivity": 1})
    assert "/bin/throw?kind=socialactivity" in visitor.page("/things/social-posts/posts/")
    visitor.throw(kind="socialactivity")
    assert in_bin() == {"SocialActivity": 4}


@pytest.mark.services
def test_a_folder_goes_with_all_below_it_and_comes_back_whole(visitor: BinVisitor, exporter: Exporter) -> None:
    for folder, name in (("/A", "a"), ("/A/B", "b"), ("/A/B/C", "c"), ("/a", "small"), ("/AB", "beside")):
        exporter.send_file("blobs", file_item(f"{name}.txt", folder), name.encode())
    before = here()
    page = visitor.page("/bin/throw?kind=folder&path=/A")
    assert "6 things" in page
    visitor.throw(kind="folder", path="/A")
    assert in_bin() == {"Folder": 3, "File": 3}
    assert visitor.client.get(tree_address("/A")).status_code == 404
    top = visitor.page(tree_address("/"))
    assert ">a<" in top and ">AB<" in top and ">A<" not in top
    folder = Folder.objects.get(identifier="/A")
    visitor.restore(kind="folder", id=folder.doc_id)
    assert (here(), in_bin()) == (before, {})
    assert_all_adds_up()


@pytest.mark.services
def test_a_file_comes_back_to_a_folder_that_is_in_the_bin_and_to_a_free_name(
    visitor: BinVisitor, exporter: Exporter
) -> None:
    exporter.send_file("blobs", file_item("a.txt", "/A"), b"first")
    file = File.objects.get()
    visitor.throw(kind="folder", path="/A")
    exporter.new_job()
    exporter.service = "Another"
    exporter.send_file("blobs", file_item("a.txt", "/A"), b"another")
    visitor.restore(kind="file", id=file.doc_id)
    assert in_bin() == {}
    names = File.objects.order_by("shown_name").values_list("shown_name", flat=True)
    assert list(names) == ["a (1).txt", "a.txt"] or list(names) == ["a (2).txt", "a.txt"]
    page = visitor.page(tree_address("/A"))
    assert all(f"<bdi>{name}</bdi>" in page for name in names)


def test_a_new_file_of_a_folder_in_the_bin_is_seen(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.new_job(recurring="again")
    exporter.send_file("blobs", file_item("old.txt", "/A"), b"old")
    visitor.throw(kind="folder", path="/A")
    exporter.new_job(recurring="again")
    exporter.send_file("blobs", file_item("old.txt", "/A"), b"old")
    exporter.send_file("blobs", file_item("new.txt", "/A"), b"new")
    page = visitor.page(tree_address("/A"))
    assert "new.txt" in page and "old.txt" not in page


@pytest.mark.services
def test_an_album_goes_with_its_photos_or_without_them(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send("media", album("1", "Harbour"))
    for number in range(3):
        exporter.send_file("media", photo(album="1", name=f"{number}.jpg"), b"pixels")
    here_, one = here(), Album.objects.get()
    asks = visitor.page(f"/bin/throw?kind=album&id={one.doc_id}")
    assert "Throw away the album with the 3 things in it" in asks and "Throw away only the album" in asks
    visitor.throw(kind="album", id=one.doc_id)
    assert in_bin() == {"Album": 1}
    visitor.restore(kind="album", id=one.doc_id)
    visitor.throw(kind="album", id=one.doc_id, inside="yes")
    assert in_bin() == {"Album": 1, "Photo": 3}
    visitor.restore(kind="album", id=one.doc_id)
    assert (here(), in_bin()) == (here_, {})
    visitor.throw(**{"kind": "photo", "in": one.doc_id})
    assert in_bin() == {"Photo": 3}
    assert "There is nothing in this album" in visitor.page(pages_of(Album).address(one))


@pytest.mark.services
def test_a_calendar_goes_with_its_events(visitor: BinVisitor, exporter: Exporter) -> None:
    exporter.send("calendar", {"@type": "Calendar", "id": "1", "name": "Work"})
    event = {"@type": "CalendarEvent", "calendarId": "1", "title": "Launch"}
    exporter.send("calendar", event | {"startTime": {"dateTime": "2026-11-26T10:00:00Z"}})
    visitor.throw(kind="calendar", id=Calendar.objects.get().doc_id, inside="yes")
    assert in_bin() == {"Calendar": 1, "CalendarEvent": 1}
    assert "Launch" not in visitor.page("/things/calendar/month/?month=2026-11")
    visitor.restore(kind="calendar", id=Calendar.objects.get().doc_id)
    assert CalendarEvent.objects.get().trashed_at is None


@pytest.mark.services
def test_everything_of_a_transfer_or_a_service_goes_and_comes_back(
    visitor: BinVisitor, exporter: Exporter, server: str, ada: Person
) -> None:
    with Exporter(server, ada, "Another", "Elsewhere") as other:
        other.send("social-posts", post(99))
        send_all(exporter)
        exporter.new_job()
        exporter.send("social-posts", post(98))
        before = here()
        last = SocialActivity.objects.get(title="Post 98").transfer
        assert f"/bin/throw?transfer={last.pk}" in visitor.page(f"/transfers/{last.pk}/")
        assert f"/bin/throw?source={last.source_id}" in visitor.page(f"/transfers/{last.pk}/")
        visitor.throw(transfer=last.pk)
        assert in_bin() == {"SocialActivity": 1}
        visitor.throw(source=last.source_id)
        by_archive = {"ContactGroup": 1, "Folder": 1}  # see tests/verticals/contacts/samples.py
        assert here() == by_archive | {"SocialActivity": 1}
        assert f"/bin/throw?client={other.client['client_id']}" in visitor.page("/settings/services")
        visitor.throw(client=other.client["client_id"])
    assert here() == by_archive
    page = visitor.page("/bin/")
    jobs = BinJob.objects.order_by("-pk")
    assert all(f'name="job" value="{job.pk}"' in page for job in jobs)
    for job in jobs:
        visitor.restore(job=job.pk)
    assert (here(), in_bin()) == (before, {})
    assert_all_adds_up()


def test_what_is_not_ones_own_is_not_there(visitor: BinVisitor, server: str) -> None:
    eve = Person.create("eve")
    with Exporter(server, eve, "Another") as other:
        other.send("social-posts", post(1))
    hers = SocialActivity.objects.get()
    for asked in (
        {"kind": "socialactivity", "id": hers.doc_id},
        {"transfer": hers.transfer_id},
        {"source": hers.source_id},
        {"client": other.client["client_id"]},
        {"kind": "socialactivity", "transfer": hers.transfer_id},
        {"kind": "photo", "in": hers.doc_id},
        {"kind": "nothing"},
        {"job": "1"},
        {},
        {"transfer": "²"},
        {"kind": "photo", "path": "/"},
    ):
        assert visitor.client.get("/bin/throw", asked).status_code == 404, asked
        for action in ("throw", "restore", "delete"):
            assert visitor.client.post(f"/bin/{action}", asked).status_code == 404, (action, asked)
    visitor.throw(kind="folder", path="/")
    visitor.throw(kind="socialactivity")
    assert SocialActivity.objects.get().trashed_at is None


def test_photos_in_the_bin_are_in_no_grid_and_on_no_way(visitor: BinVisitor, exporter: Exporter) -> None:
    for number in range(3):
        exporter.send_file("media", photo(name=f"{number}.jpg"), f"pixels {number}".encode())
    first, gone, last = Photo.objects.order_by("pk")
    visitor.throw(kind="photo", id=gone.doc_id)
    assert "1.jpg" not in visitor.page(pages_of(Photo).list_address)
    for one in (first, last):
        assert gone.doc_id not in visitor.page(pages_of(Photo).address(one))
    assert "1.jpg" not in visitor.page("/").partition("The newest files")[2].partition("</section>")[0]
