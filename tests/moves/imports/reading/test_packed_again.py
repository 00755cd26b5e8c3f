"""Archives that somebody has unpacked and packed again give what they hold, in whatever order, under whatever names."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from moves.models import ArchiveImport
from tests.support.bringing import Bringing, import_archive
from tests.support.exporter import Person
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.packed_again import (
    ORDERS,
    PACKED,
    Entries,
    by_path,
    from_the_end,
    in_order,
    packed_by,
    unpacked,
    zipped_in,
)
from tests.support.takeout import TakeOut


def manifest_of(take_out: TakeOut) -> Any:
    [found] = [body for name, body in take_out.everything().items() if name.endswith("/manifest.json")]
    return json.loads(found)


def listed(manifest: Any) -> dict[str, str]:
    """Path and SHA-256 of every entry, but for the account's own."""
    return {one["path"]: one["sha256"] for one in manifest["entries"] if not one["path"].endswith("instance.json")}


def assert_whole(http: httpx.Client, person: Person, sent: TakeOut) -> None:
    """Everything has come, and is counted once."""
    [row] = ArchiveImport.objects.filter(owner=person.row)
    assert list(row.report.values_list("code", "entry", "doc_id", "sentence")) == []
    manifest = manifest_of(sent)
    documents = sum(one["documents"] for one in manifest["doctypes"].values())
    assert (row.state, row.missing, row.documents) == ("done", 0, documents)
    assert row.doctypes == {doctype: one["documents"] for doctype, one in manifest["doctypes"].items()}
    assert listed(manifest_of(TakeOut.made(http, person))) == listed(manifest)


@pytest.mark.parametrize("order", ORDERS)
def test_it_comes_whole_in_whatever_order(
    order: str, sent: TakeOut, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(PACKED["zip"](ORDERS[order](in_order(sent))))
    import_archive("bob", path)
    assert_whole(http, bob, sent)


@pytest.mark.parametrize("order", [by_path, from_the_end])
@pytest.mark.parametrize("packer", [one for one in PACKED if one != "zip"])
def test_it_comes_whole_by_whatever_program(
    packer: str, order: Callable[[Entries], Entries], sent: TakeOut, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "again"
    path.write_bytes(PACKED[packer](order(in_order(sent))))
    import_archive("bob", path)
    assert_whole(http, bob, sent)


@pytest.mark.parametrize("encoding", ["cp437", "cp850", "cp932", "cp1252", "ascii"])
def test_it_comes_whole_with_names_in_whatever_encoding(
    encoding: str, sent: TakeOut, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(zipped_in(encoding, by_path(in_order(sent))))
    import_archive("bob", path)
    assert_whole(http, bob, sent)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("packer", ["zip", "tar.gz", "streamed zip", "tar"])
def test_it_comes_whole_from_another_server(
    packer: str, ranges: bool, sent: TakeOut, bob: Person, http: httpx.Client
) -> None:
    with ExportingServer(ServedPart(PACKED[packer](by_path(in_order(sent))), ranges=ranges)) as other:
        Bringing.done(http, bob, other.link)
    assert_whole(http, bob, sent)


TOOLS = {
    "zip": "zip -qr ../again .",
    "zip, stored": "zip -q0r ../again .",
    "zip, streamed": "zip -qr - . > ../again",
    "tar": "tar -cf ../again .",
    "tar.gz": "tar -czf ../again .",
    "pax": "tar --format=pax -cf ../again *",
}


@pytest.mark.parametrize("tool", TOOLS)
def test_it_comes_whole_from_the_programs_that_people_have(
    tool: str, sent: TakeOut, bob: Person, http: httpx.Client, tmp_path: Path
) -> None:
    unpacked(in_order(sent), tmp_path / "folder")
    packed_by(TOOLS[tool], tmp_path / "folder")
    found = next(one for one in (tmp_path / "again", tmp_path / "again.zip") if one.exists())
    import_archive("bob", found)
    assert_whole(http, bob, sent)
