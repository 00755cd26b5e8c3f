"""Files as people see them: a tree of folders, lists of what is in each, and versions that come back."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from importers.models import RecordCount
from importers.pages.kinds import pages_of
from importers.verticals.blobs.models import File, FileVersion, Folder
from importers.verticals.blobs.tree import MOST_CHILDREN, tree_address
from tests.support.exporter import Exporter, Person, file_item

pytestmark = pytest.mark.services

TREE = "/things/blobs/tree/"


@pytest.fixture
def service(client: Client, exporter: Exporter) -> Exporter:
    """Somebody who is logged in, and whose service sends."""
    client.force_login(exporter.person.row)
    return exporter


def send(exporter: Exporter, folder: str, name: str, content: bytes = b"content") -> str:
    answer = exporter.send_file("blobs", file_item(name, folder), content, "text/plain")
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def seen(client: Client, address: str) -> tuple[list[str], list[str]]:
    """The names of the folders and of the files on a page."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    page = answer.content.decode()
    folders = re.search(r'class="folders">(.*?)</section>', page, re.DOTALL)
    return _names(folders.group(1) if folders else ""), _names(page.partition('class="lines files things"')[2])


def _names(part: str) -> list[str]:
    found = re.findall(r'<a class="name" href="[^"]+">(?:<svg.*?</svg>)?<bdi>(.*?)</bdi></a>', part)
    return [html.unescape(re.sub("<[^>]+>", "", one)) for one in found]


def test_the_tree_has_every_folder_that_something_is_in(client: Client, service: Exporter) -> None:
    """Also those that nobody has named, and those whose names come before a slash in order."""
    for folder in ("/a/b/deep", "/a", "/a b", "/a-b/x", "/é/ü", "/a.txt/y", "/zz"):
        send(service, folder, f"in {folder.rpartition('/')[2]}.txt")
    send(service, "/", "top.txt")
    service.send("blobs", {"@type": "Folder", "path": "/empty"})
    assert seen(client, TREE) == (["a", "a b", "a-b", "a.txt", "empty", "zz", "é"], ["top.txt"])
    assert seen(client, tree_address("/a")) == (["b"], ["in a.txt"])
    assert seen(client, tree_address("/a/b")) == (["deep"], [])  # nobody has named it
    assert seen(client, tree_address("/a/b/deep")) == ([], ["in deep.txt"])
    assert seen(client, tree_address("/empty")) == ([], [])
    assert client.get(tree_address("/nothing")).status_code == 404
    assert seen(client, f"{TREE}?path=a//b/") == (["deep"], [])


def test_one_path_is_one_folder_whoever_named_it(client: Client, service: Exporter, server: str) -> None:
    send(service, "/Shared/mine", "one.txt")
    send(service, "/Shared", "both.txt", b"of one")
    with Exporter(server, service.person, "Another", "Other") as other:
        send(other, "/Shared", "two.txt", b"of two")
    assert seen(client, tree_address("/Shared")) == (["mine"], ["both.txt", "two.txt"])
    assert seen(client, TREE) == (["Shared"], [])


def test_the_tree_is_ones_own(client: Client, service: Exporter, server: str) -> None:
    with Exporter(server, Person.create("eve"), "Another") as other:
        send(other, "/Hers", "hers.txt")
    send(service, "/Mine", "mine.txt")
    assert seen(client, TREE) == (["Mine"], [])
    assert client.get(tree_address("/Hers")).status_code == 404


def test_what_is_in_the_bin_is_not_in_the_tree(client: Client, service: Exporter) -> None:
    send(service, "/a", "one.txt")
    send(service, "/b", "two.txt")
    File.objects.filter(name="one.txt").update(trashed_at="2026-01-01T00:00Z")
    Folder.objects.filter(identifier="/b").update(trashed_at="2026-01-01T00:00Z")
    assert seen(client, TREE) == (["a"], [])
    assert seen(client, tree_address("/a")) == ([], [])


def test_many_folders_are_listed_page_by_page(client: Client, service: Exporter) -> None:
    send(service, "/x", "first.txt")
    one = Folder.objects.get(identifier="/x")
    for number in range(MOST_CHILDREN + 30):
        one.pk = None
        one.identifier, one.identity, one.doc_id = f"/many/n{number:04}", f"{number:032}", f"{number:032}"
        one.save(force_insert=True)
    wanted = [f"n{number:04}" for number in range(MOST_CHILDREN + 30)]
    with CaptureQueriesContext(connection) as queries:
        assert seen(client, tree_address("/many"))[0] == wanted[:MOST_CHILDREN]
    assert len(queries) < 15
    page = client.get(tree_address("/many")).content.decode()
    following = html.unescape(re.search(r'<a href="([^"]+)">More folders', page).group(1))  # type: ignore[union-attr]
    assert seen(client, TREE + following)[0] == wanted[MOST_CHILDREN:]


def test_files_are_sorted_by_name_date_and_size_within_their_folder(client: Client, service: Exporter) -> None:
    for number, name in enumerate(("b.txt", "A.txt", "c.txt")):
        send(service, "/f", name, b"x" * (10 - number))
    send(service, "/other", "d.txt")
    address = tree_address("/f")
    assert seen(client, address)[1] == ["A.txt", "b.txt", "c.txt"]
    assert seen(client, f"{address}&order=name-down")[1] == ["c.txt", "b.txt", "A.txt"]
    assert seen(client, f"{address}&order=oldest")[1] == ["b.txt", "A.txt", "c.txt"]
    assert seen(client, f"{address}&order=largest")[1] == ["b.txt", "A.txt", "c.txt"]
    assert seen(client, "/things/blobs/files/?order=largest")[1] == ["b.txt", "A.txt", "c.txt", "d.txt"]
    if connection.vendor == "sqlite":
        for order in ("name", "name-down", "newest", "oldest", "largest"):
            with CaptureQueriesContext(connection) as queries:
                seen(client, f"{address}&order={order}")
            statement, *_ = [one["sql"] for one in queries if "sort_key" in one["sql"]]
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + statement.replace("%", "%%"))
                plan = " ".join(step[-1] for step in cursor.fetchall())
            assert "INDEX file_in_folder_" in plan and "TEMP B-TREE" not in plan, plan


def test_pages_of_a_folder_stay_in_it(client: Client, service: Exporter) -> None:
    send(service, "/a & b", "0.txt")
    file = File.objects.get()
    for number in range(1, 60):
        file.pk = None
        file.doc_id = file.identity = file.place = f"{number:032}"
        file.shown_name = f"{number:02}.txt"
        file.save(force_insert=True)
    address = tree_address("/a & b")
    page = client.get(address).content.decode()
    following = html.unescape(re.search(r'<a href="([^"]+)" rel="next"', page).group(1))  # type: ignore[union-attr]
    assert len(seen(client, address)[1]) == 50
    assert len(seen(client, TREE + following)[1]) == 10


def test_a_version_is_listed_saved_and_restored(client: Client, service: Exporter) -> None:
    doc_id = send(service, "/d", "plan.txt", b"first")
    service.new_job()
    assert send(service, "/d", "plan.txt", b"the second") == doc_id
    used = service.person.used
    address = f"/things/blobs/files/{doc_id}/"
    version = FileVersion.objects.get()
    page = client.get(address).content.decode()
    assert f'href="/content/{version.content.sha256}?doc={version.doc_id}"' in page
    restore = f"{address}versions/{version.pk}/restore"
    assert f'action="{restore}"' in page

    answer = client.post(restore, follow=True)
    assert "plan.txt is again what it was." in answer.content.decode()
    file, former = File.objects.get(), FileVersion.objects.get()
    assert (file.content.size, file.size, former.content.size) == (5, 5, 10)
    assert service.person.used == used
    assert (RecordCount.objects.get(kind="file").bytes, RecordCount.objects.get(kind="fileversion").bytes) == (5, 10)

    client.post(f"{address}versions/{former.pk}/restore")
    assert File.objects.get().content.size == 10
    assert client.post(restore).status_code == 404  # it is none any more


def test_nobody_restores_what_is_somebody_elses(client: Client, service: Exporter) -> None:
    doc_id = send(service, "/d", "plan.txt", b"first")
    service.new_job()
    send(service, "/d", "plan.txt", b"second")
    version = FileVersion.objects.get()
    client.force_login(Person.create("eve").row)
    assert client.post(f"/things/blobs/files/{doc_id}/versions/{version.pk}/restore").status_code == 404
    assert FileVersion.objects.get() == version


@pytest.mark.parametrize(
    ("begin", "type_of_answer"), [(b"ID3", "audio/mpeg"), (b"<script>", "application/octet-stream")]
)
def test_a_sound_is_played_on_its_page_if_it_is_one_by_its_own_bytes(
    client: Client, service: Exporter, begin: bytes, type_of_answer: str
) -> None:
    service.send_file("blobs", file_item("Waves.mp3", "/Sounds"), begin + bytes(100), "audio/mpeg")
    page = client.get(pages_of(File).address(File.objects.get(name="Waves.mp3"))).content.decode()
    found = re.search(r'<audio [^>]*src="([^"]+)"', page)
    assert found
    answer = client.head(found[1].replace("&amp;", "&"), headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer["Content-Type"]) == (206, type_of_answer)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert ("Content-Disposition" in answer) == (begin != b"ID3")
