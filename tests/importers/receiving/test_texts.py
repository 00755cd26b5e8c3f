"""Names and texts are kept to the code point, by the rules of importers/text.py, and never reach the file system."""

import json
import unicodedata

import pytest
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st

from importers.content.storage import stored_keys
from importers.text import portable_name
from importers.verticals.blobs.models import File
from importers.verticals.media.models import Album
from importers.verticals.social_posts.models import SocialActivity
from tests.support.exporter import Exporter, file_item, status

pytestmark = pytest.mark.services

NFC, NFD = unicodedata.normalize("NFC", "é.txt"), unicodedata.normalize("NFD", "é.txt")
NAMES = ["👩‍👩‍👧‍👦.jpg", "مرحبا.txt", "\u202etxt.exe", "a\nb", "x" * 300, "ü" * 4096,
         "../../etc/passwd", "a/b/c", "a\\b",
         "C:\\autoexec.bat", ".hidden", "..", ".", " ", "con", "-rf", "$(rm)", "a\tb", "名前.txt"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_to_the_code_point(exporter: Exporter, name: str) -> None:
    answer = exporter.send_file("blobs", file_item(name), b"x")
    assert answer.status_code == 201, answer.text
    file = File.objects.get()
    assert (file.name, file.shown_name) == (name, name)
    assert json.loads(file.payload)["payload"]["name"] == name
    assert all(key.replace("/", "").isalnum() for key in stored_keys(default_storage))
    assert exporter.send_file("blobs", file_item(name), b"x").json()["status"] == "unchanged"


def test_composed_and_decomposed_names_are_two(exporter: Exporter) -> None:
    for name in (NFC, NFD):
        assert exporter.send_file("blobs", file_item(name), b"x").json()["status"] == "created"
    assert sorted(File.objects.values_list("shown_name", flat=True)) == sorted([NFC, NFD])


@pytest.mark.parametrize(("sent", "kept"), [("a\\u0000b", "a\ufffdb"), ("\\ud800", "\ufffd"), ("\\ud83d\\ude00", "😀")])
def test_what_no_database_holds_is_replaced_in_the_column_and_kept_in_the_payload(
    exporter: Exporter, sent: str, kept: str
) -> None:
    body = '{"@type":"SocialActivity","activity":{"id":"%s","title":"%s"}}' % (sent, sent)
    assert exporter.send("social-posts", body.encode()).status_code == 201
    post = SocialActivity.objects.get()
    assert (post.identifier, post.title, post.payload) == (kept, kept, body)
    assert exporter.send("social-posts", body.encode()).json()["status"] == "unchanged"


@pytest.mark.parametrize(
    ("vertical", "item", "content"),
    [
        ("calendar", '{"@type":"Calendar","id":"a%s"}', None),
        ("calendar", '{"@type":"CalendarEvent","title":"a%s"}', None),
        ("tasks", '{"@type":"TaskList","id":"a%s"}', None),
        ("tasks", '{"@type":"Kind of %s"}', None),
        ("social-posts", '{"@type":"SocialActivity","activity":{"id":"a%s"}}', None),
        ("media", '{"@type":"Album","id":"a%s"}', None),
        ("media", '{"@type":"Photo","name":"a%s"}', b"pixels"),
        ("blobs", '{"@type":"Folder","path":"/a%s/b"}', None),
        ("blobs", '{"@type":"File","folder":"/","name":"a%s"}', b"bytes"),
        ("blobs", '{"@type":"File","folder":"/a%s/b","name":"c"}', b"bytes"),
    ],
)
def test_what_no_database_holds_tells_items_apart(
    exporter: Exporter, vertical: str, item: str, content: bytes | None
) -> None:
    bodies = [(item % character).encode() for character in ("\\u0000", "\\ud800", "\\ufffd", "\\ud800\\u0000")]

    def send(body: bytes) -> str:
        return status(exporter.send(vertical, body) if content is None else exporter.send_file(vertical, body, content))

    assert {send(body) for body in bodies} <= {"created", "kept"}
    assert {send(body) for body in bodies} == {"unchanged"}
    exporter.new_job()
    assert {send(body) for body in bodies} == {"unchanged"}


@pytest.mark.parametrize(
    "path", ["/../../etc", "..", "/a/../b", "\\\\server\\share", "/" + "x" * 300, "a//b/", "/a\nb"]
)
def test_a_path_climbs_nowhere(exporter: Exporter, path: str) -> None:
    assert exporter.send_file("blobs", file_item("passwd", folder=path), b"x").status_code == 201
    identifier = File.objects.get().folder.identifier
    assert identifier == "/" + "/".join(name for name in path.split("/") if name)
    assert len(list(stored_keys(default_storage))) == 1


def test_payloads_are_kept_as_they_came(exporter: Exporter) -> None:
    bodies = [
        '{"@type":"SocialActivity", "activity":{"id":"1", "x":1e999, "y":1.50, "y":2, "z":"\\u0000"}}',
        '\ufeff{ "@type" : "SocialActivity",\n"activity":{"id":"2"}}\n',
        '{"@type":"GenericPayload","apiVersion":"0.1.0","payload":{"@type":"SocialActivity","activity":{"id":"3"}},"more":[]}',
    ]
    for body in bodies:
        assert exporter.send("social-posts", body.encode()).status_code == 201
    assert sorted(SocialActivity.objects.values_list("payload", flat=True)) == sorted(bodies)


def test_a_title_of_four_kibibytes_and_a_description_of_a_mebibyte_are_kept(exporter: Exporter) -> None:
    item = {"@type": "Album", "id": "i" * 5000, "name": "🎉" * 1024, "description": "line\n" * 200_000}
    assert exporter.send("media", item).status_code == 201
    album = Album.objects.get()
    assert (album.identifier, album.name, album.description) == (item["id"], item["name"], item["description"])


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("a/b", "a∕b"),
        ("a\\b", "a∖b"),
        ("..", "_.._"),
        ("", "_"),
        ('a:b<c>|"d?*', "a：b＜c＞｜＂d？＊"),
        ("ends with a dot.", "ends with a dot._"),
        ("ends with a space ", "ends with a space _"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("console.txt", "console.txt"),
        ("a\nb\x00", "a\ufffdb\ufffd"),
        (".hidden", ".hidden"),
        ("👩‍👩‍👧‍👦.jpg", "👩‍👩‍👧‍👦.jpg"),
    ],
)
def test_a_name_that_leaves_is_one_that_any_file_system_takes(name: str, portable: str) -> None:
    assert portable_name(name) == portable


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
def test_every_name_becomes_portable(name: str) -> None:
    portable = portable_name(name)
    assert 0 < len(portable.encode()) <= 255
    assert not set(portable) & set('/\\\x00\n<>:"|?*')
    assert not portable.endswith((".", " "))
    assert portable not in (".", "..")
    assert portable_name(portable) == portable


@pytest.mark.parametrize("kind", ["CalendarEvent", "Nobody knows"])
def test_what_is_nested_nine_hundred_deep_is_kept(exporter: Exporter, kind: str) -> None:
    body = b'{"@type":"%s","x":%s%s}' % (kind.encode(), b'{"y":[' * 450, b"]}" * 450)
    assert status(exporter.send("calendar", body)) in ("created", "kept")
    again = body.replace(b'"y":[', b'"y": [')
    assert status(exporter.send("calendar", again)) == "unchanged"
    assert exporter.send("calendar", body.replace(b"[", b"[" * 20).replace(b"]", b"]" * 20)).status_code == 400
