"""`export_account` and `verify_archive`."""

import io
import os
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError

from importers.models import Content
from moves.archives import archive as archives
from moves.models import Export
from tests.exporter import Exporter, Person, file_item
from tests.takeout import TakeOut, untarred, unzipped

PARTS = 5


@pytest.fixture
def filled(exporter: Exporter, ada: Person) -> Person:
    for number in range(PARTS):
        exporter.send_file("blobs", file_item(f"{number}.bin"), os.urandom(1500))
    exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "1"}})
    return ada


def command(name: str, *arguments: object) -> str:
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def export(folder: Path, *arguments: str) -> list[Path]:
    command("export_account", "ada", "--output", folder, "--parts-size", "2000", *arguments)
    return sorted(folder.iterdir())


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_account_is_written_and_is_whole(filled: Person, tmp_path: Path, kind: str) -> None:
    paths = export(tmp_path / "new" / "folder", "--format", kind)
    assert [path.suffix for path in paths] == [f".{kind}"] * PARTS
    read = unzipped if kind == "zip" else untarred
    assert sum("My Cozy/Files/" in name for path in paths for name in read(path.read_bytes())) == PARTS
    assert "Whole" in command("verify_archive", *reversed(paths))


def test_what_the_command_writes_is_what_is_downloaded(filled: Person, http: httpx.Client, tmp_path: Path) -> None:
    paths = export(tmp_path)
    take_out = TakeOut(http, "", Export.objects.get().pk)
    from moves.exports import links

    take_out.path = f"/move/exports/{links.opaque(take_out.row)}"
    assert [path.read_bytes() for path in paths] == take_out.parts()


def test_interrupted_and_run_again_it_goes_on(filled: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, left = archives.read, [7]
    monkeypatch.setattr(archives, "SMALL", 1)
    monkeypatch.setattr(archives, "CHUNK", 500)

    def interrupted(*arguments: Any) -> Any:
        for chunk in original(*arguments):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr("moves.management.commands.export_account.read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path)
    begun = next(tmp_path.glob("*.partial")).stat().st_size
    assert begun
    starts: list[int] = []

    def watched(part: Any, start: int, stop: int) -> Any:
        starts.append(start)
        return original(part, start, stop)

    monkeypatch.setattr("moves.management.commands.export_account.read", watched)
    paths = export(tmp_path)
    assert begun in starts
    assert Export.objects.count() == 1
    assert len(paths) == PARTS
    assert "Whole" in command("verify_archive", *paths)


def test_missing_content_is_no_whole_archive(filled: Person, tmp_path: Path) -> None:
    default_storage.delete(Content.objects.earliest("pk").storage_key)
    with pytest.raises(CommandError, match=r"0\.bin"):
        export(tmp_path)


def test_unknown_accounts_and_sizes_are_said(filled: Person, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no account"):
        command("export_account", "nobody", "--output", tmp_path)
    for size in ("0", "-1", "much"):
        with pytest.raises(CommandError):
            command("export_account", "ada", "--output", tmp_path, f"--parts-size={size}")


def damaged(path: Path, damage: str) -> None:
    entries = unzipped(path.read_bytes())
    name = next(name for name in entries if "/Files/" in name)
    if damage == "changed":
        path.write_bytes(path.read_bytes().replace(entries[name], bytes(len(entries[name]))))
        return
    if damage in ("truncated", "one byte short"):
        path.write_bytes(path.read_bytes()[: -1 if damage == "one byte short" else len(path.read_bytes()) // 2])
        return
    if damage == "missing":
        del entries[name]
    if damage == "added":
        entries["My Cozy/Files/stranger.bin"] = b"?"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as rewritten:
        for entry, body in entries.items():
            rewritten.writestr(entry, body)
    path.write_bytes(buffer.getvalue())


@pytest.mark.parametrize("damage", ["changed", "missing", "added", "truncated", "one byte short"])
@pytest.mark.parametrize("number", [0, 2])
def test_a_damaged_archive_is_found(filled: Person, tmp_path: Path, damage: str, number: int) -> None:
    paths = export(tmp_path)
    damaged(paths[number], damage)
    with pytest.raises(CommandError):
        command("verify_archive", *paths)


def test_a_part_that_is_not_there_is_found(filled: Person, tmp_path: Path) -> None:
    paths = export(tmp_path)
    with pytest.raises(CommandError, match="entries are wrong"):
        command("verify_archive", *paths[:-1])
    with pytest.raises(CommandError, match="first part"):
        command("verify_archive", *paths[1:])
    with pytest.raises(CommandError):
        command("verify_archive", tmp_path / "nothing.zip")
