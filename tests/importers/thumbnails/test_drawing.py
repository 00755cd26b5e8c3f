"""Pictures and videos of every kind get thumbnails; what is none, or is made to do harm, costs itself alone."""

import subprocess
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from PIL import Image

from importers.models import Content, Picture, Thumbnail, Upload
from tests.support import pictures
from tests.support.drawn import draw, is_upright, outcomes, photo, send, shown
from tests.support.exporter import Exporter, Person
from tests.support.frail_drawing import CRASHES, HANGS, IS_GREEDY
from tests.support.worker import browser

TRANSPARENT = "transparent.png"


def test_every_kind_of_picture_and_video_is_drawn(exporter: Exporter, ada: Person) -> None:
    kinds = pictures.every_kind()
    send(exporter, kinds)
    said = draw()
    assert f"{len(kinds)} of them have new thumbnails" in said
    assert {name: outcome for name, outcome in outcomes().items() if outcome != "made"} == {}
    mine = browser(ada.row)
    for name in kinds:
        sizes = {size: shown(mine, photo(name), size) for size in ("small", "medium", "large")}
        is_video = sizes["large"].width == 320
        expected = [(160, 120), (320, 240), (320, 240)] if is_video else [(160, 120), (480, 360), (640, 480)]
        assert [image.size for image in sizes.values()] == expected, name
        if name == TRANSPARENT:
            assert sizes["medium"].mode == "RGBA"
        else:
            assert all(map(is_upright, sizes.values())), name
    assert not psutil.Process().children(), "the child lives only while it works"


def test_sixteen_bits_of_grey_keep_their_shades(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"grey.png": pictures.grey_of_sixteen_bits()})
    draw()
    image = shown(browser(ada.row), photo("grey.png")).convert("L")
    shades = [image.getpixel((int(part * (image.width - 1)), 100)) for part in (0, 0.25, 0.5, 0.75, 1)]
    assert shades == pytest.approx([0, 64, 128, 191, 255], abs=10)


def test_a_picture_is_upright_however_the_camera_was_held(exporter: Exporter, ada: Person) -> None:
    send(exporter, {f"{number}.jpg": pictures.laid(number) for number in range(1, 9)})
    draw()
    mine = browser(ada.row)
    for number in range(1, 9):
        one = photo(f"{number}.jpg")
        image = shown(mine, one)
        assert (image.size, is_upright(image)) == ((480, 360), True), number
        known = one.content.picture
        assert (known.orientation, known.width, known.height) == (number, 640, 480)


def test_when_and_where_is_read_and_stays_out_of_the_thumbnail(exporter: Exporter, ada: Person) -> None:
    original = pictures.from_a_phone()
    film = pictures.video(
        "mov",
        metadata={
            "com.apple.quicktime.creationdate": "2021-07-14T23:30:00+0200",
            "com.apple.quicktime.location.ISO6709": "+38.7077-009.1365+012.3/",
        },
    )
    send(
        exporter, {"a.jpg": original, "a.heic": pictures.from_a_phone("HEIF"), "a.mov": film, "b.jpg": pictures.jpeg()}
    )
    payloads = dict(type(photo("a.jpg")).objects.values_list("name", "payload"))
    draw()
    for name in ("a.jpg", "a.heic", "a.mov"):
        known = photo(name).content.picture
        assert known.taken_at == datetime(2021, 7, 14, 21, 30, tzinfo=UTC), name
        assert known.taken_by_the_clock == datetime(2021, 7, 14, 23, 30), name  # noqa: DTZ001
        assert (known.latitude, known.longitude) == pytest.approx((38.7077, -9.1365), abs=1e-5), name
    assert photo("a.mov").content.picture.seconds == pytest.approx(2, abs=0.1)
    without = photo("b.jpg").content.picture
    assert (without.taken_at, without.taken_offset, without.latitude) == (None, None, None)
    mine = browser(ada.row)
    for name in ("a.jpg", "a.heic"):
        for size in ("small", "medium", "large"):
            image = shown(mine, photo(name), size)
            assert is_upright(image)
            assert set(image.info) <= {"loop", "background", "timestamp", "duration"}
            assert not image.getexif()
            answer = mine.get(f"/thumbnails/photo/{photo(name).doc_id}/{size}").content
            assert not any(mark in answer for mark in (b"Exif", b"EXIF", b"XMP", b"ICCP", b"Secret Camera", b"2021"))
    with default_storage.open(photo("a.jpg").content.storage_key) as stored:
        assert stored.read() == original
    assert dict(type(photo("a.jpg")).objects.values_list("name", "payload")) == payloads


def test_what_is_broken_a_bomb_or_no_picture_gets_none_and_the_rest_is_drawn(exporter: Exporter, ada: Person) -> None:
    whole = pictures.jpeg(1600, 1200)
    no_place = Image.Exif()
    no_place.get_ifd(0x8825).update({1: "N", 2: (1e9, 0.0, 0.0), 3: "W", 4: (0.0, 0.0, 0.0)})
    no_place.get_ifd(0x8769).update({0x9003: "9999:99:99 99:99:99", 0x9011: "+99:99"})
    files = {
        "cut.jpg": whole[: len(whole) // 2],
        "cut.heic": pictures.every_kind()["phone.heic"][:900],
        "cut.mp4": pictures.video()[:400],
        "bomb.png": pictures.bomb(),
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "script.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage",
        "list.mp4": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "nothing.jpg": b"",
        "sound.m4a": pictures.video()[:4] + b"ftypM4A " + b"\0" * 40,
        "odd.jpg": pictures.jpeg(exif=no_place.tobytes()),
        "good.jpg": pictures.jpeg(),
    }
    send(exporter, files)
    assert "2 of them have new thumbnails" in draw()
    assert outcomes() == {
        "cut.jpg": "broken",
        "cut.heic": "broken",
        "cut.mp4": "broken",
        "bomb.png": "too_large",
        "drawing.svg": "nothing",
        "script.jpg": "nothing",
        "list.mp4": "nothing",
        "nothing.jpg": "nothing",
        "sound.m4a": "nothing",
        "odd.jpg": "made",
        "good.jpg": "made",
    }
    odd = photo("odd.jpg").content.picture
    assert (odd.taken_at, odd.taken_offset, odd.latitude, odd.longitude) == (None, None, None, None)
    home = browser(ada.row).get("/").content.decode()
    assert home.count('<img class="thumbnail') + home.count('<svg class="thumbnail') == 6
    assert browser(ada.row).get(f"/thumbnails/photo/{photo('drawing.svg').doc_id}/small").status_code == 404


def test_what_kills_the_child_costs_one_picture_and_is_tried_twice(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    started: list[object] = []

    class CountedPopen(subprocess.Popen[bytes]):
        def __init__(self, *asked: Any, **more: Any) -> None:
            super().__init__(*asked, **more)
            started.append(self)

    sound, settings.WHARF_THUMBNAIL_PROGRAM = settings.WHARF_THUMBNAIL_PROGRAM, "tests.support.frail_drawing"
    monkeypatch.setattr(subprocess, "Popen", CountedPopen)
    settings.WHARF_THUMBNAIL_SECONDS = 2
    frail = {"crashes.jpg": CRASHES, "hangs.jpg": HANGS, "greedy.jpg": IS_GREEDY}
    send(exporter, {"first.jpg": pictures.jpeg()})
    send(exporter, {name: pictures.jpeg(width, 100) for name, width in frail.items()})
    send(exporter, {"last.jpg": pictures.jpeg(320, 240)})
    draw()
    assert outcomes() == {
        "first.jpg": "made",
        "crashes.jpg": "crashed",
        "hangs.jpg": "crashed",
        "greedy.jpg": "too_large",
        "last.jpg": "made",
    }
    assert len(started) == 4, "each has ended two, between which others were drawn"
    draw()
    assert len(started) == 4
    assert not Upload.objects.exists()
    settings.WHARF_THUMBNAIL_PROGRAM = sound
    assert "3 of them have new thumbnails" in draw("--failed")
    assert set(outcomes().values()) == {"made"}


def test_without_what_has_gpl_parts_a_symbol_is_shown(exporter: Exporter, ada: Person, settings: LazySettings) -> None:
    whole, settings.WHARF_THUMBNAIL_PROGRAM = settings.WHARF_THUMBNAIL_PROGRAM, "tests.support.bare_drawing"
    kinds = pictures.every_kind()
    send(exporter, {name: kinds[name] for name in ("phone.heic", "a.mp4", "a.jpg")})
    draw()
    assert outcomes() == {"phone.heic": "unsupported", "a.mp4": "unsupported", "a.jpg": "made"}
    home = browser(ada.row).get("/").content.decode()
    assert (home.count('<img class="thumbnail'), home.count('<svg class="thumbnail')) == (1, 2)
    settings.WHARF_THUMBNAIL_PROGRAM = whole
    assert "2 of them have new thumbnails" in draw("--failed")


def test_all_are_made_anew_and_shown_meanwhile(exporter: Exporter, ada: Person) -> None:
    send(exporter, {"a.jpg": pictures.jpeg()})
    draw()
    before = set(Thumbnail.objects.values_list("storage_key", flat=True))
    Content.objects.update(to_draw=True)
    assert is_upright(shown(browser(ada.row), photo("a.jpg"))), "until the new one is there"
    draw("--all")
    assert len(before | set(Thumbnail.objects.values_list("storage_key", flat=True))) == 6
    assert Picture.objects.count() == 1
