"""Archives that are files of this machine."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from moves.imports.sources.links import NoArchive
from moves.imports.sources.parts import LocalPart, StreamInterrupted
from tests.support.fake_export import everything

CONTENT = os.urandom(3_000_000)


# Parts


# Files of this machine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.zip"
    path.write_bytes(CONTENT)
    return path


def test_a_file_is_read_from_any_offset(file: Path) -> None:
    part = LocalPart(str(file))
    with part.open() as stream:
        assert (stream.offset, stream.size, stream.resumes) == (0, len(CONTENT), True)
        assert everything(stream) == CONTENT
    with part.open(1_000_000, stream.etag) as stream:
        assert (stream.offset, everything(stream)) == (1_000_000, CONTENT[1_000_000:])


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"x" * 10), lambda path: os.utime(path, (1, 1))])
def test_a_file_that_changed_begins_at_its_beginning(file: Path, change: Callable[[Path], None]) -> None:
    part = LocalPart(str(file))
    with part.open() as stream:
        etag = stream.etag
    change(file)
    with part.open(5, etag) as stream:
        assert stream.offset == 0


def test_a_file_that_shrinks_while_it_is_read_is_interrupted(file: Path) -> None:
    with LocalPart(str(file)).open() as stream:
        stream.read(1000)
        os.truncate(file, 2000)
        with pytest.raises(StreamInterrupted, match="was changed"):
            everything(stream)


def test_a_file_that_is_not_there_is_no_archive(tmp_path: Path) -> None:
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(NoArchive):
            LocalPart(str(path)).open()
