"""Files that are one on a disk are links of each other in a tar."""

import gzip
import io
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

from importers.maintenance import verification
from importers.verticals.blobs.models import File
from moves.models import ArchiveImport
from tests.support.bringing import import_archive, import_incomplete
from tests.support.cozy_archives import file, instance
from tests.support.exporter import Person
from tests.support.packed_again import Entries, by_path
from tests.verticals.blobs.samples import names_of

SAME = b"the same in both"


def linked(entries: Entries, kind: bytes = tarfile.LNKTYPE, to: str = "") -> bytes:
    made, first = io.BytesIO(), dict[bytes, str]()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, body in entries:
            member = tarfile.TarInfo(name)
            if "/Files/" in name and body in first:
                member.type, member.linkname = kind, to or first[body]
                archive.addfile(member)
            else:
                first.setdefault(body, name)
                member.size = len(body)
                archive.addfile(member, io.BytesIO(body))
    return made.getvalue()


ONE_FILE = [
    instance(),
    *file("a", "/a.txt", SAME),
    *file("b", "/b.txt", SAME),
    *file("c", "/c.txt", b"another"),
    *file("d", "/d.txt", SAME),
]


@pytest.mark.parametrize("order", [list, by_path])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_hard_links_are_followed_within_the_archive(
    order: Callable[[Entries], Entries], pack: Callable[[bytes], bytes], bob: Person, tmp_path: Path
) -> None:
    path = tmp_path / "linked.tar"
    path.write_bytes(pack(linked(order(ONE_FILE))))
    import_archive("bob", path)
    row = ArchiveImport.objects.get()
    assert (row.state, list(row.report.values_list("code", "entry"))) == ("done", [])
    found = File.objects.filter(owner=bob.row).values_list("name", "content__size")
    assert dict(found) == {"a.txt": len(SAME), "b.txt": len(SAME), "c.txt": 7, "d.txt": len(SAME)}
    assert list(verification.verify_keys(repair=False)) == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside.txt", "My Cozy/Files/never.txt"])
def test_a_link_that_leads_out_of_the_archive_is_refused(target: str, bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "linked.tar"
    path.write_bytes(linked(ONE_FILE, to=target))
    said, ended = import_incomplete("bob", path)
    assert ended[0] == 3
    assert "It is a link, and no file" in said
    assert set(names_of(bob)) == {"a.txt", "c.txt"}


def test_links_do_not_make_much_of_little(bob: Person, settings: LazySettings, tmp_path: Path) -> None:
    settings.WHARF_IMPORT_MOST_RATIO = 2
    large = random.Random(1).randbytes(100_000)  # noqa: S311
    files = [one for number in range(8) for one in file(f"f{number}", f"/{number}.bin", large)]
    path = tmp_path / "linked.tar"
    path.write_bytes(linked([instance(), *files]))
    import_incomplete("bob", path)
    assert 1 < len(names_of(bob)) < 8


def test_symbolic_links_are_refused(bob: Person, tmp_path: Path) -> None:
    path = tmp_path / "linked.tar"
    path.write_bytes(linked(ONE_FILE, tarfile.SYMTYPE))
    import_incomplete("bob", path)
    assert set(names_of(bob)) == {"a.txt", "c.txt"}
