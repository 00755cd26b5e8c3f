"""What an operator finds out: who brought what, what was refused and why, and where bytes are used."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.digests import digest
from importers.models import Content, Rejection, Revision, Transfer, Upload
from importers.verticals.blobs.models import File, Folder
from importers.verticals.calendar.models import Calendar
from importers.verticals.media.models import Album, Photo, Video
from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows
from tests.support.admin import list_address, page_address
from tests.support.trail import events

pytestmark = pytest.mark.services


def shown(browser: Client, model: type, query: str) -> list[str]:
    """The rows of a list, as text."""
    answer = browser.get(list_address(model, query))
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_transfer_says_who_when_and_how_much(operator: Client) -> None:
    owner = rows.everything("one")
    transfer = Transfer.objects.get()
    line = text(operator, list_address(Transfer))
    assert "3 min 20 s" in line
    assert "1.5 kB" in line
    page = text(operator, page_address(transfer))
    for fact in ("S one", "Cloud One (id-one)", "job-one", "again-one", "some refused", "photos", "name: missing"):
        assert fact in page, fact
    assert reverse("admin:accounts_user_change", args=[owner.pk]) in page
    assert f"{list_address(Photo)}?transfer__id__exact={transfer.pk}" in page
    assert f"{list_address(Rejection)}?transfer__id__exact={transfer.pk}" in page
    assert "photos: 1" in page


@pytest.mark.parametrize("term", ["pone", "PONE@example.org", "job-one", "again-one"])
def test_transfers_are_searched_by_person_and_job(operator: Client, term: str) -> None:
    rows.everything("one")
    rows.everything("two")
    assert [name[:5] for name in shown(operator, Transfer, f"q={term}")] == ["S one"]


def test_a_search_for_nobody_finds_nothing(operator: Client) -> None:
    rows.everything("one")
    for model in (Transfer, Rejection, Photo, Content, Revision):
        assert shown(operator, model, "q=nobody") == []


def test_transfers_are_filtered(operator: Client) -> None:
    rows.everything("one")
    old = rows.everything("old").transfers.get()
    long_ago = timezone.now() - timedelta(days=2)
    Transfer.objects.filter(pk=old.pk).update(outcome="complete", last_item_at=long_ago)
    old.counts.filter(vertical="photos").delete()
    for query, found in {
        "service=S+one": ["one"],
        "vertical=photos": ["one"],
        "vertical=blobs": ["old", "one"],
        "within=day": ["one"],
        "within=week": ["one", "old"],
        "outcome__exact=refusals": ["one"],
        "outcome__exact=complete&within=week": ["old"],
    }.items():
        names = [re.sub(r"S (\w+) .*", r"\1", name) for name in shown(operator, Transfer, query)]
        assert names == found, query


def test_a_rejection_shows_its_item_and_gives_it_whole(operator: Client) -> None:
    rows.everything("one")
    item = b'{"name": "<script>alert(1)</script>", "x": "\xff"}' + b" " * 70_000 + b"the end"
    rejection = rows.rejection(Transfer.objects.get(), "large", item=item)
    page = text(operator, page_address(rejection))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "\ufffd" in page
    assert "the end" not in page
    whole = operator.get(reverse("admin:importers_rejection_item", args=[rejection.pk]))
    assert whole.content == item
    assert whole["Content-Disposition"].startswith("attachment")
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in whole["Content-Security-Policy"]


def test_the_trail_tells_who_fetched_a_refused_item(transactional_db: None, client: Client) -> None:
    rows.everything("one")
    rejection = Rejection.objects.all()[0]
    boss = rows.person("boss", is_staff=True, is_superuser=True)
    client.force_login(boss)
    assert client.get(reverse("admin:importers_rejection_item", args=[rejection.pk])).status_code == 200
    (told,) = events("--kind", "staff-fetched")
    assert (told["subject"], told["actor"]) == (f"person:{rejection.transfer.owner_id}", f"person:{boss.pk}")
    assert told["what"]["what"] == f"importers.rejection:{rejection.pk}"


def test_a_refused_item_is_for_those_who_may_see_rejections(client: Client, db: None) -> None:
    rows.everything("one")
    address = reverse("admin:importers_rejection_item", args=[Rejection.objects.all()[0].pk])
    assert client.get(address).status_code == 302
    client.force_login(rows.person("helper", is_staff=True))
    assert client.get(address).status_code == 403


def test_rejections_are_filtered_by_reason_vertical_and_time(operator: Client) -> None:
    rows.everything("one")
    for query in ("code=destination_full", "code=destination_full&vertical=photos&within=hour"):
        assert shown(operator, Rejection, query) == ["400 destination_full: No room."]
    assert shown(operator, Rejection, "vertical=calendar") == []


def test_a_record_shows_its_payload_as_it_came(operator: Client) -> None:
    rows.everything("one")
    photo = Photo.objects.get()
    Photo.objects.update(payload='{"a":1,"a":2,"name":"<b>\\ud800 \u0644"}')
    page = text(operator, page_address(photo))
    assert "{&quot;a&quot;:1,&quot;a&quot;:2,&quot;name&quot;:&quot;&lt;b&gt;\\ud800 \u0644&quot;}" in page
    assert "  &quot;a&quot;: 2" in page


def test_a_payload_that_is_no_json_is_shown_all_the_same(operator: Client) -> None:
    rows.everything("one")
    Photo.objects.update(payload="[" * 100_000)
    assert "[" * 1000 in text(operator, page_address(Photo.objects.get()))


def test_a_container_that_never_came_says_so(operator: Client) -> None:
    rows.everything("one")
    album, photo = Album.objects.get(), Photo.objects.get()
    mark = "never arrived — known only from items that name it"
    for page in (list_address(Album), page_address(album), page_address(photo)):
        shown_text = text(operator, page)
        assert mark in shown_text
        assert "missing-one" in shown_text
    assert mark not in text(operator, list_address(Folder))


def test_containers_that_never_came_can_be_filtered(operator: Client) -> None:
    rows.everything("one")
    assert shown(operator, Album, "arrived=never") == ["missing-one"]
    assert shown(operator, Calendar, "arrived=never") == []


def test_albums_lead_to_their_photos_and_back(operator: Client) -> None:
    rows.everything("one")
    rows.everything("two")
    photo = Photo.objects.order_by("pk")[0]
    album = photo.albums.get()
    assert f"{list_address(Photo)}?album={album.pk}" in text(operator, page_address(album))
    assert operator.get(list_address(Photo, f"album={album.pk}")).context["cl"].result_list[0] == photo
    assert shown(operator, Video, f"album={album.pk}") == ["V.mp4"]
    assert shown(operator, Photo, "album=nonsense") == []
    page = text(operator, page_address(photo))
    assert page_address(album) in page
    assert "albumId" in page  # the other item, that named no album


def test_records_are_searched_by_person_identifier_and_words(operator: Client) -> None:
    rows.everything("one")
    rows.everything("two")
    post = SocialActivity.objects.get(identifier="two")
    SocialActivity.objects.filter(pk=post.pk).update(content="The 50% solution")
    for query in ("ptwo", "ptwo hello", f"ptwo {post.doc_id}", "50%25 SOLUTION"):
        found = operator.get(list_address(SocialActivity, f"q={query}")).context["cl"].result_list
        assert list(found) == [post], query
    assert shown(operator, SocialActivity, f"q=pone {post.doc_id}") == []
    assert len(shown(operator, SocialActivity, "q=hello")) == 2
    assert shown(operator, SocialActivity, "q=hell%25o") == []


def test_an_identifier_finds_its_record(operator: Client) -> None:
    rows.everything("one")
    folder = Folder.objects.get()
    Folder.objects.update(identity=digest("/f one/with spaces"))
    assert shown(operator, Folder, "q=pone /f one/with spaces") == [str(folder)]


def test_content_says_where_it_is_used_and_who_holds_it(operator: Client) -> None:
    owner = rows.everything("one")
    content = Content.objects.get()
    page = text(operator, page_address(content))
    for row in (File.objects.get(), Photo.objects.get(), Video.objects.get()):
        assert page_address(row) in page
    assert reverse("admin:accounts_user_change", args=[owner.pk]) in page
    assert "people: 1" in page
    assert "000000ab" in page
    assert reverse("content", args=[content.sha256]) in page


def test_content_is_searched_by_the_beginning_of_its_hash(operator: Client) -> None:
    rows.everything("one")
    rows.everything("two")
    content = Content.objects.all()[0]
    assert shown(operator, Content, f"q={content.sha256[:10].upper()}") == [str(content)]
    assert shown(operator, Content, f"q={content.sha256}") == [str(content)]


def test_content_that_nobody_holds_can_be_filtered(operator: Client) -> None:
    rows.everything("one")
    assert shown(operator, Content, "needed=no") == []
    Content.objects.update(unneeded_since=timezone.now())
    assert len(shown(operator, Content, "needed=no")) == 1


def test_a_page_names_twenty_uses_and_says_that_there_are_more(operator: Client) -> None:
    rows.everything("one")
    photo = Photo.objects.get()
    for number in range(25):
        photo.pk, photo.identity = None, str(number)
        photo.save()
    page = text(operator, page_address(Content.objects.get()))
    assert page.count("/importers/photo/") - page.count('/importers/photo/"') == 20
    assert "and more" in page


def test_uploads_say_whether_they_live(operator: Client) -> None:
    rows.everything("one")
    assert "dead" in text(operator, list_address(Upload))
    Upload.objects.update(expires_at=Upload.next_expiry())
    assert "on its way" in text(operator, list_address(Upload))


def test_the_operators_pages_are_called_wharf(operator: Client) -> None:
    front = text(operator, reverse("admin:index"))
    assert "Wharf" in front
    assert "Django administration" not in front


def test_a_refused_item_of_no_bytes_is_shown_as_one_without_a_name(client: Client, db: None) -> None:
    owner = rows.person("ada")
    brought = rows.transfer(owner, "one", rejected=1)
    rows.rejection(brought, "empty", item=b"")
    client.force_login(owner)
    page = client.get(reverse("transfer", args=[brought.pk]))
    assert page.status_code == 200
    assert "Without a name" in page.content.decode()
