"""Files and folders as samples; see tests/support/samples.py."""

from django.utils import timezone

from importers.digests import digest
from importers.verticals.blobs.models import File, FileVersion, Folder
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import SampleAccount

NAMES = [
    "plain.txt",
    "naïve.txt",
    "文件.txt",
    "ملف.txt",
    "🏔️.jpg",
    "a" * 300 + ".txt",
    "nai\u0308ve.txt",
    "..",
    "a/b\\c",
]


def rows(account: SampleAccount) -> None:
    path, now = f"/f{account.seed}", timezone.now()
    columns = account.columns("Folder", identifier=path, name=path.strip("/"), arrived_at=now)
    folder = Folder.objects.create(**columns)
    file = File.objects.create(
        **account.columns("File"),
        folder=folder,
        content=account.content,
        seen_in=account.transfer,
        same_name=digest(account.seed),
        place=digest(account.seed),
        name="a.txt",
        shown_name="a.txt",
    )
    FileVersion.objects.create(
        file=file,
        owner=account.owner,
        content=account.content,
        transfer=account.transfer,
        payload="{}",
        received_at=now,
    )


def send(exporter: Exporter) -> None:
    """Files with names of every script, one of them with a version, which a second job brings."""
    exporter.send("blobs", {"@type": "Folder", "path": "/root/empty"})
    for name in NAMES:
        exporter.send_file("blobs", file_item(name, "/root/foo"), name.encode())
    exporter.new_job()
    exporter.send_file("blobs", file_item("plain.txt", "/root/foo"), b"newer")


def names_of(person: Person) -> set[str]:
    """The names of the person's files, without those in the bin."""
    return set(File.objects.filter(owner=person.row, trashed_at=None).values_list("name", flat=True))
