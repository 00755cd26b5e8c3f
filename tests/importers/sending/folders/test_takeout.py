"""Photos as other programs leave them on disk: a Takeout with facts beside them, and what systems put between."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from importers.sending.folders.folder import LocalFolder

TAKEN = {"photoTakenTime": {"timestamp": "1700000000", "formatted": "14 Nov 2023"}}


def photos(root: Path) -> dict[str, dict[str, Any]]:
    folder = LocalFolder.read(root)
    items = list(folder.items())
    assert folder.count == len(items)
    return {item.payload["name"]: item.payload for item in items if item.type in ("Photo", "Video")}


def put(root: Path, name: str, content: str | dict[str, Any] = "pixels") -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    os.utime(root / name, (1_600_000_000, 1_600_000_000))


LONG = "A photo with a name that is as long as names can be.jpg"


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_20240101_123456789.jpg", "IMG_20240101_123456789.jpg.supplemental-metad.json"),
        (LONG, f"{LONG[:46]}.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-bearbeitet(1).jpg", "IMG_1.jpg.supplemental-metadata(1).json"),
        ("IMG_1.jpg", "IMG_1.json"),
        ("IMG_1.MP4", "IMG_1.HEIC.supplemental-metadata.json"),
        ("夏.jpg", "夏.jpg.supplemental-metadata.json"),
        ("IMG_1.JPG", "IMG_1.jpg.json"),
        ("cafe\u0301.jpg", "café.jpg.json"),
        ("café.jpg", "cafe\u0301.jpg.supplemental-metadata.json"),
        ("IMG_1-modifie\u0301.jpg", "IMG_1.jpg.json"),
        ("IMG_1-ha editado.jpg", "IMG_1.jpg.json"),
        ("IMG_1-已修改.jpg", "IMG_1.jpg.json"),
        ("IMG_1-EFFECTS.jpg", "IMG_1.jpg.supplemental-metadata.json"),
    ],
)
def test_the_facts_beside_a_photo_give_its_date_and_its_description(tmp_path: Path, name: str, beside: str) -> None:
    put(tmp_path / "Trip", name)
    put(tmp_path / "Trip", beside, {"title": name, "description": "At sea", "favorited": True, **TAKEN})
    said = photos(tmp_path)[name]
    assert (said["uploadedTime"], said["description"], said["favoriteInfo"]) == (
        "2023-11-14T22:13:20Z",
        "At sea",
        {"favorite": True, "lastUpdateTime": None},
    )


@pytest.mark.parametrize("timestamp", [1700000000, "1700000000", "1700000000000", "1700000000.5", 1700000000.5])
def test_a_time_in_any_form_counts_also_where_no_title_is_said(tmp_path: Path, timestamp: Any) -> None:
    put(tmp_path, "IMG_1.jpg")
    put(tmp_path, "IMG_1.jpg.json", {"description": "At sea", "photoTakenTime": {"timestamp": timestamp}})
    said = photos(tmp_path)["IMG_1.jpg"]
    assert (said["uploadedTime"], said["description"]) == ("2023-11-14T22:13:20Z", "At sea")


@pytest.mark.parametrize("facts", ["no JSON", "[]", {}, {"title": 1}, {"title": "x", "photoTakenTime": "then"}])
def test_what_is_beside_a_photo_and_says_nothing_of_it_changes_nothing(tmp_path: Path, facts: Any) -> None:
    put(tmp_path, "IMG_1.jpg")
    put(tmp_path, "IMG_1.jpg.json", facts)
    said = photos(tmp_path)["IMG_1.jpg"]
    assert (said["uploadedTime"], said["description"]) == ("2020-09-13T12:26:40Z", None)


def test_a_description_counts_though_nobody_knows_when_the_photo_was_taken(tmp_path: Path) -> None:
    facts = {"title": "IMG_1.jpg", "description": "At sea", "photoTakenTime": {"timestamp": "0"}, "imageViews": "3"}
    for album in ("2023", "Trip"):
        put(tmp_path / album, "IMG_1.jpg")
        put(tmp_path / album, "IMG_1.jpg.json", facts)
    os.utime(tmp_path / "Trip" / "IMG_1.jpg", (1_600_009_000, 1_600_009_000))
    both = [item.payload for item in LocalFolder.read(tmp_path).items() if item.type == "Photo"]
    assert [(one["uploadedTime"], one["description"]) for one in both] == [("2020-09-13T12:26:40Z", "At sea")] * 2


def test_two_photos_of_one_name_have_each_their_own_facts_and_a_copy_those_of_the_first(tmp_path: Path) -> None:
    for name, number in (("IMG_1.jpg", ""), ("IMG_1(1).jpg", "(1)")):
        put(tmp_path / "2023", name, name)
        put(tmp_path / "2023", f"IMG_1.jpg{number}.json", {"title": "IMG_1.jpg", "description": name, **TAKEN})
    put(tmp_path / "Trip", "IMG_1.jpg", "IMG_1.jpg")
    put(tmp_path / "Trip", "Metadaten.json", {"title": "To the sea", "description": "With Bo", "access": "protected"})
    items = list(LocalFolder.read(tmp_path).items())
    said = [item.payload for item in items if item.type == "Photo"]
    assert [one["description"] for one in said] == ["IMG_1(1).jpg", "IMG_1.jpg", "IMG_1.jpg"]
    assert {one["uploadedTime"] for one in said} == {"2023-11-14T22:13:20Z"}
    albums = [item.payload for item in items if item.type == "Album"]
    assert [(album["name"], album["description"]) for album in albums] == [("2023", None), ("To the sea", "With Bo")]
    # What photos can't say stays in the files, which are sent, too.
    assert sum(item.type == "File" for item in items) == 3


def test_what_systems_leave_beside_photos_is_no_photo(tmp_path: Path) -> None:
    put(tmp_path / "Trip", "IMG_1.jpg")
    put(tmp_path / "Trip", "._IMG_1.jpg")
    put(tmp_path / "__MACOSX/Trip", "IMG_1.jpg")
    put(tmp_path / "Trip/@eaDir/IMG_1.jpg", "SYNOPHOTO_THUMB_XL.jpg")
    put(tmp_path / "Trip", "Thumbs.db")
    for number, folder in enumerate((".Trashes/501", "$RECYCLE.BIN/S-1-5", ".Trash-1000/files", ".TemporaryItems")):
        put(tmp_path / "Card" / folder, f"{number}.jpg")
    put(tmp_path / "Card/System Volume Information", "IMG_2.jpg")
    for number, folder in enumerate((".stfolder", ".thumb", "lost+found")):  # as in archives that come in
        put(tmp_path / "Synced" / folder, f"{number}.jpg")
    put(tmp_path / "Synced", "~$scan.jpg")
    items = list(LocalFolder.read(tmp_path).items())
    assert [item.label for item in items if item.type == "Photo"] == ["/Trip/IMG_1.jpg"]
    types = {item.attachment.mime_type for item in items if item.type == "File" and item.attachment}
    assert types == {"application/octet-stream"}
    assert [item.type for item in LocalFolder.read(tmp_path, "media").items()] == ["Album", "Photo"]
