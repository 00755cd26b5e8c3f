"""Several exports at once: of entries that have one name the second one would be lost."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError

from importers.verticals.blobs.models import File
from moves.models import ArchiveImport
from tests.support.bringing import import_archive
from tests.support.cozy_archives import file, instance
from tests.support.exporter import Exporter, Person, file_item
from tests.support.packed_again import PACKED, Entries
from tests.support.takeout import TakeOut

AT_ONCE = "These are several exports. Import them one after the other, the oldest one first"
IN_ONE = "holds several exports. Unpack it, pack each of them by itself"


def of_a_wharf(exporter: Exporter, http: httpx.Client, ada: Person) -> list[Entries]:
    """Two exports of one account, between which a file has changed."""
    made: list[Entries] = []
    for content in (b"before", b"afterwards"):
        exporter.new_job()
        assert exporter.send_file("blobs", file_item("a.txt", "/A"), content).status_code == 201
        made.append(tuple(TakeOut.made(http, ada).everything().items()))
    return made


def of_a_cozy(exporter: Exporter, http: httpx.Client, ada: Person) -> list[Entries]:
    return [
        [instance(), *file("f", "/a.txt", content, _rev=f"{number}-a")]
        for number, content in enumerate((b"before", b"afterwards"), 1)
    ]


@pytest.mark.parametrize("made", [of_a_wharf, of_a_cozy])
def test_they_come_one_after_the_other_or_not_at_all(
    made: Callable[..., list[Entries]], exporter: Exporter, http: httpx.Client, ada: Person, tmp_path: Path
) -> None:
    bob, exports = Person.create("bob"), made(exporter, http, ada)
    paths = [tmp_path / f"{number}.zip" for number in range(2)]
    for path, entries in zip(paths, exports, strict=True):
        path.write_bytes(PACKED["zip"](entries))
    together = tmp_path / "together.tar"
    together.write_bytes(
        PACKED["tar"]([(f"{number}/{name}", body) for number, one in enumerate(exports) for name, body in one])
    )
    for given, said in ((paths, AT_ONCE), ([together], IN_ONE)):
        with pytest.raises(CommandError, match=said):
            import_archive("bob", *given)
    assert not ArchiveImport.objects.exclude(documents=0).exists()
    for path in paths:
        import_archive("bob", path)
    one = File.objects.get(owner=bob.row)
    assert (one.content.size, one.versions.count()) == (len(b"afterwards"), 1)


def test_a_copy_of_an_archive_is_no_other_export(
    exporter: Exporter, http: httpx.Client, ada: Person, tmp_path: Path
) -> None:
    entries = of_a_wharf(exporter, http, ada)[-1]
    paths = tmp_path / "1.zip", tmp_path / "1 (1).zip"
    for path in paths:
        path.write_bytes(PACKED["zip"](entries))
    bob = Person.create("bob")
    import_archive("bob", *paths)
    assert File.objects.get(owner=bob.row).content.size == len(b"afterwards")
