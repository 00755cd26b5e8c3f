"""What a Google Takeout says of photos and videos, and of their folders, in JSON files beside them.

The facts of `IMG_1.jpg` are in `IMG_1.jpg.supplemental-metadata.json`, formerly in `IMG_1.jpg.json`; such a name is cut
to 46 characters before its suffix. Of two photos of one name, the second is `IMG_1(1).jpg`, and its facts are in
`IMG_1.jpg.supplemental-metadata(1).json` or `IMG_1.jpg(1).json`. What was edited (`IMG_1-edited.jpg`), and the film of
a photo (`IMG_1.MP4` beside `IMG_1.HEIC`), has those of the original.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

SUFFIX = ".json"
ADDED = ".supplemental-metadata"
LONGEST_NAME = 46  # characters of such a name, without its suffix
NUMBERED = re.compile(r"(.*)(\(\d+\))", re.DOTALL)
# What programs of several languages add to the name of what was edited, or made of a photo.
EDITED = re.compile(
    "-(?:edited|edit|effects|smile|mix|bearbeitet|modifié|editado|editada|ha editado|editat|modificato|bewerkt"
    "|edytowane|redigerad|redigeret|redigert|muokattu|upraveno|düzenlendi|измененный|編集済み|已修改|已编辑|已編輯|수정됨)$",
    re.IGNORECASE,
)
OF_ALBUM = re.compile(
    "metadata|metadaten|métadonnées|metadatos|metadati|metagegevens|metadados|metadane|metadades|metadataa|метаданные"
    "|метадані|メタデータ|元数据|中繼資料|메타데이터",
    re.IGNORECASE,
)
# What is said of every photo and video, also where nobody knows when it was taken.
OF_MEDIUM = ("photoTakenTime", "creationTime", "imageViews", "geoData", "googlePhotosOrigin")
ORIGINALS = (".heic", ".jpg", ".jpeg", ".png", ".dng")
NUMBER = re.compile(r"(-?\d{1,14})(?:\.\d*)?", re.ASCII)  # of seconds, in a string or not
LARGEST = 1024 * 1024  # bytes of a file that is looked into
NANOSECONDS = 1_000_000_000
MILLISECONDS_FROM = 16_725_225_600  # a number of seconds from here on would be beyond the year 2500


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a photo or video, or of an album: `taken` in nanoseconds since the epoch; `place`: latitude and
    longitude in degrees, and altitude in metres, where they are said. `is_medium`: whether it is a photo or video."""

    title: str = ""
    description: str | None = None
    taken: int | None = None
    is_favorite: bool | None = None
    is_album: bool = False
    is_medium: bool = False
    place: dict[str, float] | None = None


class Sidecars:
    """The JSON files of one folder, by their names."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder = folder
        self._by_stem: dict[tuple[str, str], str] = {}
        for name in sorted(names):
            stem = _spelled(name[: -len(SUFFIX)])
            match = NUMBERED.fullmatch(stem)
            self._by_stem.setdefault((stem, ""), name)
            if match:
                self._by_stem.setdefault((match[1], match[2]), name)

    def of(self, name: str) -> Facts | None:
        """Returns what is said of a photo or video of this name; None where nothing is."""
        for stem, number in _stems(name):
            sidecar = self._by_stem.get((_spelled(stem), number))
            facts = self._read(sidecar) if sidecar else None
            if facts is not None and facts.is_medium:
                return facts
        return None

    def of_folder(self) -> Facts | None:
        """Returns what is said of the album that the folder is; None where nothing is."""
        for (stem, number), name in self._by_stem.items():
            if number or "." in stem:
                continue
            facts = self._read(name)
            if facts is not None and facts.title and (facts.is_album or OF_ALBUM.fullmatch(stem)):
                return facts
        return None

    def _read(self, name: str) -> Facts | None:
        path = self._folder / name
        try:
            if path.stat().st_size > LARGEST:
                return None
            said = json.loads(path.read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError):  # it is sent as the file that it is
            return None
        if not isinstance(said, dict):
            return None
        taken = _taken(said)
        is_album = taken is None and not said.keys().isdisjoint(("albumData", "access", "date"))
        said = said["albumData"] if isinstance(said.get("albumData"), dict) else said
        title, description, favorite = (said.get(key) for key in ("title", "description", "favorited"))
        if not isinstance(title, str) and taken is None:
            return None
        return Facts(
            title if isinstance(title, str) else "",
            description if isinstance(description, str) and description else None,
            taken,
            favorite if isinstance(favorite, bool) else None,
            is_album,
            taken is not None or not said.keys().isdisjoint(OF_MEDIUM),
            _place(said),
        )


def _spelled(stem: str) -> str:
    """One spelling of the names that some file system takes for the same: those of a photo and of its sidecar may have
    come by different ways."""
    return unicodedata.normalize("NFC", stem).casefold()


def _stems(name: str) -> Iterator[tuple[str, str]]:
    """Yields what a sidecar may be called, without its suffix, and the number that it then has; the likeliest first."""
    path = PurePosixPath(unicodedata.normalize("NFC", name))
    name = path.name
    numbered = NUMBERED.fullmatch(path.stem)
    edited = EDITED.sub("", path.stem)
    names = [(name, "")]
    if numbered:
        names.append((f"{numbered[1]}{path.suffix}", numbered[2]))
        edited = EDITED.sub("", numbered[1])
    if edited not in (path.stem, numbered and numbered[1]):
        names.append((f"{edited}{path.suffix}", numbered[2] if numbered else ""))
    if path.suffix.lower() not in ORIGINALS:
        stem, number = (numbered[1], numbered[2]) if numbered else (path.stem, "")
        names += [(f"{stem}{case}", number) for suffix in ORIGINALS for case in (suffix, suffix.upper())]
    names.append((path.stem, ""))  # where its title has no suffix
    for base, number in names:
        whole = base + ADDED
        for length in range(min(len(whole), LONGEST_NAME), min(len(base), LONGEST_NAME) - 1, -1):
            yield whole[:length], number
        if len(base) > LONGEST_NAME:
            yield base, number


def _taken(said: dict[str, Any]) -> int | None:
    """When a photo was taken; when it was uploaded, where nobody knows."""
    for key in ("photoTakenTime", "creationTime"):
        time = said.get(key)
        timestamp = time.get("timestamp") if isinstance(time, dict) else None
        number = NUMBER.fullmatch(str(timestamp))
        if number is not None and int(number[1]):
            seconds = int(number[1])
            return seconds * (NANOSECONDS // 1000 if abs(seconds) >= MILLISECONDS_FROM else NANOSECONDS)
    return None


def _place(said: dict[str, Any]) -> dict[str, float] | None:
    """Where a photo was taken, as a person has said, else as its camera has; zeros mean that nobody knows."""
    for key in ("geoData", "geoDataExif"):
        found = said.get(key)
        if not isinstance(found, dict):
            continue
        numbers = {name: found.get(name) for name in ("latitude", "longitude", "altitude")}
        place = {name: float(value) for name, value in numbers.items() if isinstance(value, int | float)}
        if place.keys() >= {"latitude", "longitude"} and (place["latitude"] or place["longitude"]):
            return place
    return None
