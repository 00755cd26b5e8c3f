"""Exports of content that is on S3, where their spools are, too."""

from typing import Any

import httpx
import pytest
from django.core.management import call_command

from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, untarred, unzipped


def test_an_export_is_made_fetched_and_removed(
    bucket: Any,
    exporter: Exporter,
    http: httpx.Client,
    ada: Person,
) -> None:
    for number in range(3):
        exporter.send_file("blobs", file_item(f"{number}.bin"), bytes([number]) * 5000)
    take_out = TakeOut.made(http, ada, parts_size=10_000)
    parts = take_out.parts()
    assert sum("/Files/" in name for part in parts for name in unzipped(part)) == 3
    assert [*untarred(take_out.parts(format="tar")[0])] == [*unzipped(parts[0])]
    for first in (0, 700, 5000, len(parts[0]) - 10):
        answer = take_out.fetch(headers={"Range": f"bytes={first}-{first + 99}"})
        assert answer.content == parts[0][first : first + 100]
    take_out.row.delete()
    call_command("purge", verbosity=0)
    assert len(list(bucket.objects.all())) == 3


@pytest.mark.services
def test_an_object_that_is_gone_breaks_the_download(
    bucket: Any,
    exporter: Exporter,
    http: httpx.Client,
    ada: Person,
) -> None:
    exporter.send_file("blobs", file_item("a.bin"), b"bytes")
    [key] = [stored.key for stored in bucket.objects.all()]
    take_out = TakeOut.made(http, ada)
    bucket.Object(key).delete()
    with pytest.raises(httpx.RemoteProtocolError):
        take_out.fetch()
    assert take_out.attributes["missing"] == ["My Cozy/Files/root/foo/a.bin"]


def test_an_archive_costs_a_request_for_each_file_and_few_for_all_documents_and_no_byte_more(
    bucket: Any,
    exporter: Exporter,
    http: httpx.Client,
    ada: Person,
    requests_of_s3: list[tuple[str, str]],
) -> None:
    files, posts = 12, 40
    for number in range(files):
        exporter.send_file("blobs", file_item(f"{number}.bin"), bytes([number]) * 3000)
    for number in range(posts):
        activity = {"id": str(number), "title": "T", "published": "2024-11-27T13:16:32Z"}
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": activity})
    take_out = TakeOut.made(http, ada)
    requests_of_s3.clear()
    part = take_out.fetch().content
    assert sum("/Files/" in name for name in unzipped(part)) == files
    assert len(requests_of_s3) == files + 4  # the index, the names, the documents, the pages
    assert all(asked.startswith("GET ") for asked, _ in requests_of_s3)
    ranges = [said.removeprefix("bytes=").split("-") for _, said in requests_of_s3]
    assert sum(int(last) + 1 - int(first) for first, last in ranges) < 2 * len(part)
    requests_of_s3.clear()
    assert take_out.fetch(headers={"Range": "bytes=5000-5099"}).content == part[5000:5100]
    assert len(requests_of_s3) <= 3
