"""The request examples of the specification, byte for byte, and the second generation of the same items."""

import re

from importers.verticals.blobs.models import File
from importers.verticals.social_posts.models import SocialActivity
from tests.support.checkout import EXAMPLES
from tests.support.exporter import Exporter, read_answer


def send_raw(exporter: Exporter, request: bytes) -> tuple[int, dict[str, str]]:
    token = exporter.tokens["access_token"].encode()
    with exporter.connect() as connection:
        connection.sendall(request.replace(b"Bearer accessToken", b"Bearer " + token))
        return read_answer(connection)


def test_the_post_of_the_specification_is_taken_as_it_stands_there(exporter: Exporter) -> None:
    request = (EXAMPLES / "social-post.http").read_bytes()
    status, answer = send_raw(exporter, request)
    assert (status, answer["status"]) == (201, "created")
    post = SocialActivity.objects.get()
    assert post.payload.encode() == request.partition(b"\r\n\r\n")[2]
    assert (post.identifier, post.title, post.content, post.actor_name) == ("456", "Hello world!", "Hi there", "Steve")
    assert post.published_at is not None
    assert post.published_at.isoformat() == "2024-11-14T17:21:03.845677+00:00"


def test_the_file_of_the_specification_is_taken_as_it_stands_there(exporter: Exporter) -> None:
    # Shortened to five bytes; the Content-Length of its JSON part is four short, as it is in the specification.
    request = (EXAMPLES / "file.http").read_bytes()
    body = request.partition(b"\r\n\r\n")[2]
    request = re.sub(rb"\nContent-Length: 524288384", b"\nContent-Length: %d" % len(body), request)
    status, answer = send_raw(exporter, request)
    assert (status, answer["status"]) == (201, "created"), answer
    file = File.objects.get()
    assert (file.folder.identifier, file.name, file.mime, file.content.size) == ("/root/foo", "bar.mp4", "video/mp4", 5)
    assert file.modified_at is not None
    assert file.modified_at.isoformat() == "2020-02-01T00:00:00+00:00"
    assert file.payload.startswith('{"@type":"BlobbyFileData"')


def test_the_file_of_the_specification_is_taken_in_its_full_size(exporter: Exporter) -> None:
    size = 524_288_000
    request = (EXAMPLES / "file.http").read_bytes()
    head, _, body = request.partition(b"\r\n\r\n")
    before, _, after = body.partition(b"hello")
    before = before.replace(b"Content-Length: 5\r\n", b"Content-Length: %d\r\n" % size)
    length = len(before) + size + len(after)
    head = head.replace(b"524288384", str(length).encode())
    token = exporter.tokens["access_token"].encode()
    with exporter.connect() as connection:
        connection.sendall(head.replace(b"accessToken", token) + b"\r\n\r\n" + before)
        megabyte = bytes(1_000_000)
        for _ in range(size // len(megabyte)):
            connection.sendall(megabyte)
        connection.sendall(megabyte[: size % len(megabyte)] + after)
        status, _ = read_answer(connection)
    assert status == 201
    assert File.objects.get().content.size == size
