"""`export_account` and `verify_archive`."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from struct import Struct
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from importers.models import Content
from moves.archives import archive as archives
from moves.exports import job
from moves.models import Export
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, untarred, unzipped

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


@pytest.mark.services
def test_interrupted_and_run_again_it_goes_on(filled: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, left = archives.read, [7]

    def interrupted(*arguments: Any, **named: Any) -> Any:
        whole = b"".join(original(*arguments, **named))
        for at in range(0, len(whole), 500):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            yield whole[at : at + 500]

    monkeypatch.setattr("moves.exports.folders.read", interrupted)
    with pytest.raises(CommandError, match="goes on") as stopped:
        export(tmp_path)
    assert stopped.value.returncode == 130
    begun = next(tmp_path.glob("*.partial")).stat().st_size
    assert begun
    starts: list[int] = []

    def watched(part: Any, start: int, stop: int, **named: Any) -> Any:
        starts.append(start)
        return original(part, start, stop, **named)

    monkeypatch.setattr("moves.exports.folders.read", watched)
    paths = export(tmp_path)
    assert begun in starts
    assert Export.objects.count() == 1
    assert len(paths) == PARTS
    assert "Whole" in command("verify_archive", *paths)


@pytest.mark.services
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


def arguments_of(folder: Path, name: str = "ada") -> tuple[str, ...]:
    return (name, "--output", str(folder), "--parts-size", "2000")


def stopped(folder: Path, monkeypatch: pytest.MonkeyPatch, parts: int) -> list[Path]:
    """A command that was stopped after some parts, and what stands in the folder then."""
    original, left = archives.read, [parts]

    def interrupted(*arguments: Any, **named: Any) -> Any:
        if arguments[2] > arguments[1]:
            left[0] -= 1
        chunks = b"".join(original(*arguments, **named))
        if left[0] < 0:
            yield chunks[: len(chunks) // 2]
            raise KeyboardInterrupt
        yield chunks

    with monkeypatch.context() as patched:
        patched.setattr("moves.exports.folders.read", interrupted)
        with pytest.raises(CommandError, match="Interrupted"):
            command("export_account", *arguments_of(folder))
    return sorted(folder.glob("wharf-*"))


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def too_long(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(20_000))


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [zeros, too_long, flipped])
@pytest.mark.parametrize("kind", [".partial", ".zip"])
def test_what_a_power_cut_made_of_an_archive_is_mended_when_the_command_goes_on(
    filled: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None], kind: str
) -> None:
    begun = stopped(tmp_path, monkeypatch, 2)
    assert [path.suffix for path in begun] == [".zip", ".zip", ".partial"]
    damage(next(path for path in begun if path.suffix == kind))
    paths = export(tmp_path)
    assert len(paths) == PARTS
    assert "Whole" in command("verify_archive", *paths)


@pytest.mark.services
def test_archives_of_an_earlier_export_are_no_part_of_the_next_one(
    filled: Person, exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = stopped(tmp_path, monkeypatch, 3)
    Export.objects.update(removed_at=timezone.now())
    for content in Content.objects.all():  # other bytes, and just as many
        path = Path(default_storage.path(content.storage_key))
        path.chmod(0o600)
        path.write_bytes(os.urandom(content.size))
        found = path.read_bytes()
        Content.objects.filter(pk=content.pk).update(sha256=hashlib.sha256(found).hexdigest(), crc32=zlib.crc32(found))
    written = [Path(line) for line in command("export_account", *arguments_of(tmp_path)).splitlines()[1:]]
    assert len(written) == PARTS
    assert not set(written) & set(begun)
    assert "Whole" in command("verify_archive", *written)
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b'{"export": 7}', b'{"export": "*"}', b"\xff", b"null"])
def test_a_note_that_says_nothing_is_no_hindrance(filled: Person, tmp_path: Path, note: bytes) -> None:
    tmp_path.joinpath(".wharf-export-ada.json").write_bytes(note)
    stranger = tmp_path / "a-film.partial"
    stranger.write_bytes(b"of somebody else")
    paths = [path for path in export(tmp_path) if path != stranger]
    assert stranger.exists()
    assert "Whole" in command("verify_archive", *paths)


@pytest.mark.services
def test_two_accounts_in_one_folder_do_not_disturb_each_other(
    filled: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = stopped(tmp_path, monkeypatch, 1)
    Person.create("bob")
    other = [Path(line) for line in command("export_account", *arguments_of(tmp_path, "bob")).splitlines()[1:]]
    assert all(path.exists() for path in begun)
    paths = set(export(tmp_path)) - set(other)
    assert Export.objects.filter(owner=filled.row).count() == 1
    assert "Whole" in command("verify_archive", *paths)


def test_ctrl_c_while_it_reads_is_no_death_of_a_worker(
    filled: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("moves.exports.archiver.Archiver.run", interrupted)
        for _ in range(job.MOST_RUNS + 2):
            with pytest.raises(CommandError, match="Interrupted"):
                export(tmp_path)
    assert len(export(tmp_path)) == PARTS
    assert Export.objects.count() == 1


def test_an_output_that_is_a_file_is_said(filled: Person, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(CommandError, match="File exists"):
        command("export_account", *arguments_of(path))


def test_content_that_changed_on_the_disk_is_no_whole_archive(filled: Person, tmp_path: Path) -> None:
    path = Path(default_storage.path(Content.objects.earliest("pk").storage_key))
    path.chmod(0o600)
    flipped(path)
    with pytest.raises(CommandError, match=r"0\.bin"):
        export(tmp_path)


@pytest.mark.parametrize("number", [0, 2])
def test_a_tar_that_was_cut_within_a_file_is_said_to_be_cut(filled: Person, tmp_path: Path, number: int) -> None:
    paths = export(tmp_path, "--format", "tar")
    whole = paths[number].read_bytes()
    [(name, body)] = [(name, body) for name, body in untarred(whole).items() if "/Files/" in name]
    paths[number].write_bytes(whole[: whole.index(body) + 700])
    with pytest.raises(CommandError, match=f"not whole|{name}"):
        command("verify_archive", *paths)


def test_a_zip_whose_entries_are_named_otherwise_than_in_its_directory_is_damaged(
    filled: Person, tmp_path: Path
) -> None:
    path = export(tmp_path)[0]
    content = path.read_bytes()
    name = next(name for name in unzipped(content) if "/Files/" in name).encode()
    path.write_bytes(content.replace(name, name[:-1] + b"X", 1))
    with pytest.raises(CommandError, match="another name"):
        command("verify_archive", *tmp_path.iterdir())


@pytest.mark.parametrize("at", [4, 6, 10, 14, 18, 22, -1], ids=str)
def test_a_zip_whose_headers_say_something_else_than_its_directory_is_damaged(
    filled: Person, tmp_path: Path, at: int
) -> None:
    """Version, flags, time, CRC-32, the two sizes, and the time in UTC, which ends the header: programs that read from
    the front go by these, others by the directory."""
    path = export(tmp_path)[0]
    content = bytearray(path.read_bytes())
    found = next(one for one in zipfile.ZipFile(path).infolist() if "/Files/" in one.filename)
    end = 30 + len(found.filename.encode()) + len(found.extra)
    content[found.header_offset + (end + at if at < 0 else at)] ^= 1
    path.write_bytes(content)
    with pytest.raises(CommandError, match="its directory says something else"):
        command("verify_archive", *tmp_path.iterdir())


def moved_end(content: bytes, by: int) -> bytes:
    """The end of a zip that says the directory is so many bytes further on."""
    fixed = Struct("<4s4H2LH")
    *said, at, comment = fixed.unpack(content[-fixed.size :])
    return content[: -fixed.size] + fixed.pack(*said, at + by, comment)


@pytest.mark.parametrize(
    "altered",
    [
        lambda content: content + content,
        lambda content: content[:-22] + b"between" + content[-22:],
        lambda content: moved_end(content, 1),
        lambda content: content[:-22] + b"PK\5\6\0\0\1" + content[-15:],
        lambda content: content[:-22] + b"PK\6\7" + b"\0" * 16 + content[-22:],
    ],
    ids=["twice", "bytes between", "another place", "another disk", "another end"],
)
def test_a_zip_in_which_some_program_may_find_another_directory_is_damaged(
    filled: Person, tmp_path: Path, altered: Callable[[bytes], bytes]
) -> None:
    """Some look for it where the end says, others before the end: what was checked is what each of them finds."""
    path = export(tmp_path)[0]
    path.write_bytes(altered(path.read_bytes()))
    with pytest.raises(CommandError, match="contradict each other"):
        command("verify_archive", *tmp_path.iterdir())


def test_bytes_behind_the_end_of_a_tar_are_said(filled: Person, tmp_path: Path) -> None:
    path = export(tmp_path, "--format", "tar")[0]
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(CommandError, match="bytes follow behind its end"):
        command("verify_archive", *tmp_path.iterdir())


def test_a_name_in_a_tar_that_is_no_utf_8_is_told_as_one_that_is_not_in_the_manifest(
    filled: Person, tmp_path: Path
) -> None:
    path = export(tmp_path, "--format", "tar")[0]
    content = bytearray(path.read_bytes())
    at = content.index(b"My Cozy/Files/")
    content[at + 14] = 0xFF
    content[at + 148 : at + 156] = b" " * 8
    content[at + 148 : at + 155] = b"%06o\0" % sum(content[at : at + 512])
    path.write_bytes(content)
    with pytest.raises(CommandError, match="2 entries are wrong"):
        command("verify_archive", *tmp_path.iterdir())


@pytest.mark.parametrize("attributes", [0o120777 << 16, 0o040755 << 16, 0x10], ids=["link", "folder", "DOS folder"])
def test_a_zip_whose_directory_calls_a_file_something_else_is_damaged(
    filled: Person, tmp_path: Path, attributes: int
) -> None:
    path = export(tmp_path)[0]
    content = bytearray(path.read_bytes())
    record = content.rindex(b"PK\1\2")
    content[record + 38 : record + 42] = attributes.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(CommandError, match="is no file, but a link"):
        command("verify_archive", *tmp_path.iterdir())


def test_a_tar_with_a_link_is_damaged(filled: Person, tmp_path: Path) -> None:
    path = export(tmp_path, "--format", "tar")[0]
    content = path.read_bytes()
    at = content.index(b"My Cozy/Files/")
    header = bytearray(content[at : at + 512])
    header[156:157] = b"2"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(content[:at] + header + content[at + 512 :])
    with pytest.raises(CommandError, match="is no file, but a link"):
        command("verify_archive", *tmp_path.iterdir())


def test_a_zip_with_an_entry_that_its_directory_does_not_name_is_damaged(filled: Person, tmp_path: Path) -> None:
    path = export(tmp_path)[0]
    content, (first, second) = path.read_bytes(), zipfile.ZipFile(path).infolist()[:2]
    entry, end = content[first.header_offset : second.header_offset], content.rindex(b"PK\5\6")
    at = int.from_bytes(content[end + 16 : end + 20], "little")
    moved = (at + len(entry)).to_bytes(4, "little")
    path.write_bytes(content[:at] + entry + content[at : end + 16] + moved + content[end + 20 :])
    with pytest.raises(CommandError, match="not where its last entry ends"):
        command("verify_archive", *tmp_path.iterdir())


START = """
import os, sys
from django.core.exceptions import ImproperlyConfigured

for root in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "config"]:
        del sys.modules[name]
    os.environ["WHARF_EXPORT_ROOT"] = root
    try:
        import config.settings
    except ImproperlyConfigured as problem:
        print(problem)
"""


def test_an_export_root_that_is_no_name_of_one_folder_is_refused_at_the_start() -> None:
    """All of them by one process, which begins anew with each."""
    roots = ["", "a/b", "/abs", "../up", "..", "a\\b", "nul"]
    command = [sys.executable, "-c", START, *roots, "Good"]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [f"WHARF_EXPORT_ROOT must be the name of one folder, not {root!r}." for root in roots]
