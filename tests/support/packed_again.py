"""Archives that somebody has unpacked and packed again, as people and programs do it."""

import io
import random
import subprocess
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.support.cozy_archives import cozy_zip
from tests.support.hostile import Zip
from tests.support.one_way_line import OneWayLine

Entries = Sequence[tuple[str, bytes]]

NAMES = ("naïve.txt", "façade – résumé.md", "表ソ能.txt", "Ω≈ç.txt", "Thumbs.db", ".DS_Store", "._of mine", "a:b?.txt")
SAME_SIZE = 700
RUBBISH = (
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "__MACOSX/._My Cozy",
    "My Cozy/Files/.Trash-1000/files/old.txt",
    "My Cozy/Files/~$letter.docx",
    "My Cozy/Files/.~lock.letter.odt#",
    "My Cozy/Files/ehthumbs_vista.db",
    "#recycle/old.txt",
    "RECYCLER/old.txt",
    "lost+found/1",
    "WPSettings.dat",
    ".stfolder/marker",
    "__MACOSX/My Cozy/Data/io.cozy.files/._x.json",
)


def by_path(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return sorted(entries)


def from_the_end(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return sorted(entries, reverse=True)


def shuffled(entries: Iterable[tuple[str, bytes]]) -> Entries:
    found = list(entries)
    random.Random(7).shuffle(found)  # noqa: S311
    return found


def in_folders(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return [(f"Backup 2024/old/{name}", body) for name, body in sorted(entries)]


def without_the_root(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return [(name.partition("/")[2], body) for name, body in sorted(entries)]


def root_renamed(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return [(f"Données/{name.partition('/')[2]}", body) for name, body in entries]


def with_rubbish(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As Finder and Explorer leave it, also between a document and its file."""
    found: list[tuple[str, bytes]] = []
    for number, (name, body) in enumerate(entries):
        found.append((name, body))
        folder, _, own = name.rpartition("/")
        found.append((f"__MACOSX/{folder}/._{own}", b"\0\5\x16\7"))
        found.append((f"{folder}/{number}/.DS_Store", b"Bud1"))
    return found + [(name, b"rubbish") for name in RUBBISH]


def decomposed(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As HFS+ wrote names."""
    return [(unicodedata.normalize("NFD", name), body) for name, body in sorted(entries)]


def underlined(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As programs do it with letters that they don't know."""
    return [("".join(one if one.isascii() else "_" for one in name), body) for name, body in sorted(entries)]


def in_small_letters(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As `unzip -LL` writes them."""
    return [(name.lower(), body) for name, body in sorted(entries)]


def in_capitals(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As FAT kept them; in the order of exports."""
    return [(name.upper(), body) for name, body in entries]


def in_small_letters_with_backslashes(entries: Iterable[tuple[str, bytes]]) -> Entries:
    return [(name.lower().replace("/", "\\"), body) for name, body in entries]


def with_backslashes(entries: Iterable[tuple[str, bytes]]) -> Entries:
    """As .NET wrote it for years, with folders."""
    return [("My Cozy\\Files\\", b""), *((name.replace("/", "\\"), body) for name, body in sorted(entries))]


ORDERS: dict[str, Callable[[Iterable[tuple[str, bytes]]], Entries]] = {
    one.__name__: one
    for one in (
        by_path,
        from_the_end,
        shuffled,
        in_folders,
        without_the_root,
        root_renamed,
        with_rubbish,
        decomposed,
        underlined,
        with_backslashes,
        in_small_letters,
        in_capitals,
        in_small_letters_with_backslashes,
    )
}


def zipped(entries: Entries, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return made.getvalue()


def tarred(entries: Entries, mode: str = "w", layout: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=layout) as archive:  # type: ignore[call-overload]
        for name, body in entries:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return made.getvalue()


def piped(entries: Entries) -> bytes:
    """A zip that is stored and written into a pipe, in zip64, so that only its directory says where an entry ends."""
    pipe = OneWayLine()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, body in entries:
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(body)
    return bytes(pipe.held)


PACKED: dict[str, Callable[[Entries], bytes]] = {
    "zip": zipped,
    "streamed zip": cozy_zip,
    "stored zip from a pipe": piped,
    "tar": tarred,
    "GNU tar": lambda entries: tarred(entries, layout=tarfile.GNU_FORMAT),
    "tar.gz": lambda entries: tarred(entries, "w:gz"),
    "tar.bz2": lambda entries: tarred(entries, "w:bz2"),
    "tar.xz": lambda entries: tarred(entries, "w:xz"),
    "zip, bzip2": lambda entries: zipped(entries, zipfile.ZIP_BZIP2),
    "zip, LZMA": lambda entries: zipped(entries, zipfile.ZIP_LZMA),
}


def zipped_in(encoding: str, entries: Entries, flags: int = 0) -> bytes:
    """A zip whose names are in another encoding, without a word about it, or with a wrong one."""
    made = Zip()
    for name, body in entries:
        made.add(name.encode(encoding, "replace").replace(b"?", b"_"), body, flags=flags)
    return made.whole()


def unpacked(entries: Entries, folder: Path) -> None:
    for name, body in entries:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def packed_by(command: str, folder: Path) -> None:
    subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)  # noqa: S602
