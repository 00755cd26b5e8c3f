"""`manage.py import_archive`: a link or files, run again, interrupted, and what it says."""

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from tests.support.bringing import import_archive, import_incomplete
from tests.support.cozy_archives import BROKEN, THERE, cozy_zip, file, instance, stored_zip
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.verticals.blobs.samples import names_of


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.zip"
    path.write_bytes(stored_zip([instance(), *THERE, *file("large", "/large.bin", os.urandom(50_000))]))
    return path


def test_the_command_takes_a_link(bob: Person) -> None:
    with ExportingServer(ServedPart(cozy_zip(BROKEN), ranges=False)) as other:
        said, ended = import_incomplete("bob", other.link)
    assert ended == (3, "It is done, but 1 thing is missing: the report says which.")
    assert "What came tells of 2 files and earlier versions, 9 bytes in all, and has 1 other thing:" in said
    assert "The bytes of 1 file, 5 bytes, were fetched" in said
    assert "io.cozy.files/lost: Its content is missing" in said
    assert mail.outbox[0].to == ["bob@example.org"]
    assert mail.outbox[0].subject == "Your data has arrived, but 1 thing is missing"
    assert "but 1 thing is missing" in mail.outbox[0].body
    assert names_of(bob) == {"there.txt"}


def test_the_command_can_be_run_again(bob: Person, archive: Path) -> None:
    assert "2 new here" in import_archive("bob", archive)
    assert "2 here already and the same" in import_archive("bob", archive)


def test_the_command_goes_on_after_a_failure(bob: Person, archive: Path) -> None:
    bob.set_quota(20_000)
    with pytest.raises(CommandError, match="room"):
        import_archive("bob", archive)
    assert names_of(bob) == {"there.txt"}
    bob.set_quota(None)
    assert "2 new here" in import_archive("bob", archive)  # in all
    assert names_of(bob) == {"there.txt", "large.bin"}


def test_an_archive_that_is_cut_is_an_error_and_what_it_has_comes(bob: Person, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:40_000])
    with pytest.raises(CommandError, match="breaks off"):
        import_archive("bob", archive)
    assert names_of(bob) == {"there.txt"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "x.zip"), "no account"),
        (("bob", "/does/not/exist.zip"), "is not a file"),
        (("bob", "https://a.example/#/exports/A", "x.zip"), "one link"),
        (("bob", "http://127.0.0.1:1/#/exports/ABC"), "listens"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...], said: str, bob: Person) -> None:
    with pytest.raises(CommandError, match=said):
        import_archive(*arguments)


def test_the_command_that_is_interrupted_says_so(bob: Person, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    said = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr("moves.imports.running.all_parts.read", interrupt)
        with pytest.raises(SystemExit) as ended:
            call_command("import_archive", "bob", str(archive), stdout=StringIO(), stderr=said)
    assert ended.value.code == 130
    assert said.getvalue() == "Interrupted. Run it again: it goes on where it stopped.\n"


@pytest.mark.parametrize("body", [b"", b"no archive" * 50])
def test_of_what_is_no_archive_nothing_else_is_here(body: bytes, bob: Person, archive: Path) -> None:
    archive.write_bytes(body)
    with pytest.raises(CommandError) as failed:
        import_archive("bob", archive)
    assert "Everything else" not in str(failed.value)
