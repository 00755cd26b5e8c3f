"""The fake Cozy alone: an account moves from one to another, since what tests others has to be tested."""

import threading
import zlib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.e2e.cozy import parts, zips
from tests.e2e.cozy.account import CozyAccount, never_imported
from tests.e2e.cozy.reading import NotLikeACozy, read
from tests.e2e.cozy.sample import sample
from tests.e2e.cozy.server import CozyServer
from tests.e2e.cozy.state import PASSWORD, Troubles
from tests.e2e.cozy.visitor import Visitor
from tests.e2e.cozy.wizard import CozyWizard


def start(source: CozyServer, target: CozyServer) -> None:
    """From the wizard to the opened mail."""
    wizard = CozyWizard()
    with Visitor(source.url, password=PASSWORD) as leaving, Visitor(target.url, password=PASSWORD) as arriving:
        leaving.log_in()
        leave = wizard.ask_source(leaving)
        assert leave.query["vault"] == "true"
        assert int(leave.query["used"]) == source.account.used
        page = wizard.hand_over(source.url, leave, wizard.ask_target(arriving))
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
        answer = leaving.once(source.mails[-1])
        assert (answer.status_code, answer.headers["location"]) == (303, f"{target.url}move/importing")


def same(one: CozyAccount, other: CozyAccount) -> None:
    """All that is the person's own is the same."""
    assert other.documents == {key: document for key, document in one.documents.items() if not never_imported(*key)}
    assert set(other.directories) == set(one.directories)
    assert {path: file.content for path, file in other.by_path().items()} == {
        path: file.content for path, file in one.by_path().items()
    }
    for identifier, file in one.files.items():
        assert other.files[identifier].document == file.document
        assert other.files[identifier].versions == file.versions


def test_an_account_moves_from_one_fake_to_another() -> None:
    with (
        CozyServer(sample(lost=True, thrown=False), parts_size=1_000_000) as source,
        CozyServer(CozyAccount.empty(), host="127.0.0.1") as target,
    ):
        start(source, target)
        assert source.ended.wait(60)
        assert target.ended.wait(60)
        assert (target.failure, source.complaints, target.complaints) == ("", [], [])
        assert source.moved
        assert target.reading
        assert target.reading.never
        assert target.reading.without_content == ["/lost.txt"]
        same(source.account, target.account)


@pytest.mark.parametrize(
    "troubles", [Troubles(cut={1: [50_000]}), Troubles(missing={1}), Troubles(export_fails=True)], ids=str
)
def test_a_fake_never_tries_again(troubles: Troubles) -> None:
    """As a production Cozy: whatever breaks ends the move, with one call."""
    with (
        CozyServer(sample(), parts_size=1_000_000, troubles=troubles) as source,
        CozyServer(CozyAccount.empty(), host="127.0.0.1") as target,
    ):
        start(source, target)
        assert source.ended.wait(60)
        assert target.ended.wait(60)
        told = source.called("POST", "/move/abort") + target.called("POST", "/move/abort")
        assert [request.status for request in told] == [204]
        assert not source.moved


def test_a_fake_that_dies_cuts_what_is_open() -> None:
    held = threading.Event()
    with (
        CozyServer(sample(), troubles=Troubles(hold={0: held})) as source,
        CozyServer(CozyAccount.empty(), host="127.0.0.1") as target,
    ):
        start(source, target)
        source.die()
        assert target.ended.wait(60)
        assert target.failure


def test_the_zips_are_streams_as_go_writes_them(tmp_path: Path) -> None:
    written = b"".join(zips.stream(parts.documents(sample())))
    assert written[:8] == b"PK\x03\x04\x14\x00\x08\x00"
    assert written[14:26] == bytes(12)  # neither CRC nor sizes before the bytes
    path = tmp_path / "part.zip"
    path.write_bytes(written)
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        begin = 30 + len(first.filename) + 9
        packed = written[begin : begin + first.compress_size]
        assert zlib.decompress(packed, -15) == archive.read(first)
        assert written[begin + first.compress_size :][:4] == b"PK\x07\x08"


@pytest.mark.parametrize("missing", ["My Cozy/Data/instance.json", "directory"])
def test_a_fake_reads_strictly(tmp_path: Path, missing: str) -> None:
    """An archive without the account, or without a directory that something is in, is refused."""
    account = sample()
    if missing == "directory":
        gone = next(doc["_id"] for doc in account.directories.values() if doc["name"] == "deep")
        entries = [entry for entry in parts.parts(account, 1 << 30)[0] if gone not in entry.name]
    else:
        entries = [entry for entry in parts.parts(account, 1 << 30)[0] if entry.name != missing]
    path = tmp_path / "part.zip"
    path.write_bytes(b"".join(zips.stream(entries)))
    with pytest.raises(NotLikeACozy):
        read([path])
