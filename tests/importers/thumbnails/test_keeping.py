"""Thumbnails are found, kept and removed with what they show: by the worker, the collector and `verify_storage`."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.waking import flush
from importers import waking
from importers.content.storage import stored_keys
from importers.models import Content, Holding, Picture, PreparedKey, Thumbnail
from importers.models.content import COLLECTION_GRACE
from importers.tasks import make_thumbnails
from importers.thumbnails import job, keeping, originals
from importers.verticals.media.models import Photo
from tests.support import pictures
from tests.support.drawn import draw, outcomes, photo, send
from tests.support.exporter import Exporter, Person, file_item, status
from tests.support.waiting import eventually

pytestmark = pytest.mark.services


def verified(*arguments: str) -> str:
    out = StringIO()
    try:
        call_command("verify_storage", *arguments, stdout=out)
    except CommandError as wrong:
        out.write(str(wrong))
    return out.getvalue()


def test_a_worker_is_told_of_pictures_that_came_and_of_nothing_else(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, *_, **__: told.append(task))
    monkeypatch.setattr(waking, "_told_until", 0.0)
    assert status(exporter.send_file("blobs", file_item("a.txt"), b"words")) == "created"
    assert not told
    assert not Content.objects.filter(to_draw=True).exists(), "nobody has to look at it"
    send(exporter, {f"{number}.jpg": pictures.jpeg(100 + number, 100) for number in range(5)})
    eventually(lambda: waking.MAKE_THUMBNAILS in told)
    assert told.count(waking.MAKE_THUMBNAILS) < 5, "one tells of all that come within a second"
    make_thumbnails()
    assert set(outcomes().values()) == {"made"}
    told.clear()
    job.look()
    Content.objects.update(to_draw=True)
    job.look()
    eventually(lambda: told == [waking.MAKE_THUMBNAILS])


def test_what_came_long_ago_is_found_the_newest_first(exporter: Exporter) -> None:
    send(exporter, {f"{number}.jpg": pictures.jpeg(100 + number, 100) for number in range(3)})
    assert status(exporter.send_file("blobs", file_item("old.txt"), b"words")) == "created"
    Content.objects.update(to_draw=True, drawn="")  # as the migration leaves what stands
    drawn = [{name for name, outcome in outcomes().items() if outcome == "made"} for _ in job.pieces()]
    order = [names for before, names in zip([set(), *drawn], drawn, strict=False) if names != before]
    assert order == [{"2.jpg"}, {"2.jpg", "1.jpg"}, {"2.jpg", "1.jpg", "0.jpg"}]
    assert Content.objects.get(files__name="old.txt").drawn == "nothing"
    assert Picture.objects.count() == 3


def test_one_draws_at_a_time_on_a_machine_and_what_one_has_in_hand_is_not_anothers(exporter: Exporter) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    with job.alone(wait=False) as is_alone:
        assert is_alone
        assert job.run(seconds=5).seen == 0
    other = timezone.now() + job.HANDS_OFF
    Picture.objects.create(content=photo("a.jpg").content, tries=1, busy_until=other)
    assert job.run(seconds=5).seen == 0
    Picture.objects.update(busy_until=timezone.now() - timedelta(seconds=1))  # it was killed
    assert job.run(seconds=5).made == 1
    assert Picture.objects.get().tries == 0


def test_the_bytes_go_with_what_they_show_and_with_what_replaces_them(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg(), "b.jpg": pictures.jpeg(320, 240)})
    draw()
    draw("--all")
    said = StringIO()
    call_command("purge", stdout=said)
    assert "6  replaced thumbnails, and what an earlier purge left, removed" in said.getvalue()
    assert "0  dead uploads removed" in said.getvalue()
    assert len(list(stored_keys(default_storage))) == 2 + 6
    assert "0 wrong" in verified()
    gone = photo("a.jpg").content
    Photo.objects.filter(name="a.jpg").delete()
    Holding.objects.filter(content=gone).delete()
    call_command("purge", stdout=StringIO())
    Content.objects.filter(pk=gone.pk).update(unneeded_since=timezone.now() - COLLECTION_GRACE - timedelta(hours=1))
    assert len(list(stored_keys(default_storage))) == 2 + 6, "there is a grace of a day"
    call_command("purge", stdout=StringIO())
    assert len(list(stored_keys(default_storage))) == 1 + 3
    assert (Thumbnail.objects.count(), Picture.objects.count()) == (3, 1)
    assert "nothing refers to" not in verified()


def test_one_whose_content_goes_while_it_is_drawn_leaves_nothing(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    keep = keeping.keep

    def after_it_went(content: Content, drawing: Any) -> None:
        Photo.objects.all().delete()
        Holding.objects.all().delete()
        Content.objects.all().delete()
        keep(content, drawing)

    monkeypatch.setattr(keeping, "keep", after_it_went)
    assert job.run(seconds=5).made == 0
    assert not Thumbnail.objects.exists()
    PreparedKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    verified("--repair")  # of the original nothing is left but its bytes
    assert not list(stored_keys(default_storage))


def test_verify_storage_finds_one_that_is_gone_or_changed_and_has_it_made_anew(exporter: Exporter) -> None:
    send(exporter, {"a.jpg": pictures.jpeg(), "b.jpg": pictures.jpeg(320, 240)})
    draw()
    lost = Thumbnail.objects.get(size="small", content=photo("a.jpg").content)
    default_storage.delete(lost.storage_key)
    changed = Thumbnail.objects.get(size="large", content=photo("b.jpg").content)
    default_storage.delete(changed.storage_key)
    default_storage.save(changed.storage_key, ContentFile(b"x" * changed.bytes))
    assert f"{lost.storage_key}): its bytes are missing" in verified("--sizes")
    said = verified()
    assert f"{lost.storage_key}): its bytes are missing" in said
    assert f"{changed.storage_key}): the stored bytes are not those" in said
    assert "0 wrong" in verified("--repair")
    draw()
    assert Thumbnail.objects.count() == 6
    assert "0 wrong, 0 mended" in verified()


def test_what_the_storage_does_not_have_waits_and_nothing_waits_for_it(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(exporter, {"a.jpg": pictures.jpeg(), "b.jpg": pictures.jpeg(320, 240)})
    default_storage.delete(photo("b.jpg").content.storage_key)
    with pytest.raises(CommandError, match="1 could not be looked at"):
        draw()
    assert outcomes() == {"a.jpg": "made", "b.jpg": ""}
    told: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, *_, **__: told.append(task))
    job.look()
    flush(1)
    assert not told


def test_content_on_s3_is_drawn_and_of_a_large_video_only_its_ends_are_fetched(
    bucket: Any, exporter: Exporter, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    film = pictures.video(noise=True)
    settings.WHARF_THUMBNAIL_BEGINNING, settings.WHARF_THUMBNAIL_END = len(film) // 2, len(film) // 4
    copied: list[int] = []
    copy_range = originals._copy_range

    def counted(key: str, start: int, size: int, to: Any) -> None:
        copied.append(size)
        copy_range(key, start, size, to)

    monkeypatch.setattr(originals, "_copy_range", counted)
    send(exporter, {"a.mp4": film, "a.jpg": pictures.jpeg()})
    draw()
    assert outcomes() == {"a.mp4": "made", "a.jpg": "made"}
    assert len(film) // 2 in copied
    assert len(film) // 4 in copied
    assert sum(1 for _ in bucket.objects.all()) == 2 + 6
    assert "0 wrong" in verified()
