"""What is in the archives of an export: everything, once, in the layout that a Cozy reads."""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from io import StringIO
from pathlib import Path
from struct import pack

import httpx
import pytest
from django.core.management import call_command

from tests.support.exporter import Exporter, Person, file_item
from tests.support.takeout import TakeOut, untarred, unzipped
from tests.support.worker import browser
from tests.verticals.blobs.samples import NAMES


def test_every_file_follows_its_document(full: Exporter, http: httpx.Client, ada: Person) -> None:
    entries = list(TakeOut.made(http, ada).entries().items())
    contents = [number for number, (name, _) in enumerate(entries) if name.startswith("My Cozy/Files/")]
    assert len(contents) > len(NAMES)
    for number in contents:
        document_name, document = entries[number - 1]
        name, content = entries[number]
        body = json.loads(document)
        assert body["size"] == str(len(content))
        if document_name.startswith("My Cozy/Data/io.cozy.files/"):
            said = body["metadata"]["wharf"].get("entry", f"/{body['name']}")
            assert name.endswith(said)


def test_names_of_every_script_stay_as_they_are(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    kept = {body["metadata"].get("wharf", {}).get("name") for body in take_out.documents("io.cozy.files").values()}
    assert set(NAMES) <= kept
    entries = take_out.everything()
    for name in ("文件.txt", "ملف.txt", "🏔️.jpg"):
        assert entries[f"My Cozy/Files/root/foo/{name}"] == name.encode()
    assert entries["My Cozy/Files/root/foo/_.._"] == b".."
    assert all(len(step.encode()) <= 255 for name in entries for step in name.split("/"))


def test_directories_come_before_what_is_in_them(full: Exporter, http: httpx.Client, ada: Person) -> None:
    seen = {"io.cozy.files.root-dir": "", "io.cozy.files.trash-dir": "/.cozy_trash"}
    paths = set()
    for name, body in TakeOut.made(http, ada).entries().items():
        if name.startswith("My Cozy/Data/io.cozy.files/"):
            document = json.loads(body)
            parent = seen[document["dir_id"]]
            if document["type"] == "directory":
                assert document["path"] == f"{parent}/{document['name']}"
                seen[document["_id"]] = document["path"]
                paths.add(document["path"])
    assert paths >= {
        "/root",
        "/root/empty",
        "/root/foo",
        "/Photos",
        "/Photos/Trip",
        "/Items",
        "/Items/blobs",
    }


def test_the_manifest_lists_every_entry_of_every_part(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada, parts_size=20)
    parts = [unzipped(part) for part in take_out.parts()]
    assert len(parts) > 3
    manifest = json.loads(parts[0].pop("My Cozy/manifest.json"))
    listed = {(entry["part"], entry["path"]): entry for entry in manifest["entries"]}
    there = {(number, name): body for number, part in enumerate(parts) for name, body in part.items()}
    assert listed.keys() == there.keys()
    for key, body in there.items():
        assert (listed[key]["size"], listed[key]["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    files = [body for (_, name), body in there.items() if name.startswith("My Cozy/Files/")]
    assert (manifest["files_count"], manifest["files_size"]) == (len(files), sum(map(len, files)))
    for doctype, counts in manifest["doctypes"].items():
        bodies = [body for (_, name), body in there.items() if name.startswith(f"My Cozy/Data/{doctype}/")]
        assert (counts["documents"], counts["size"]) == (len(bodies), sum(map(len, bodies)))


def test_parts_have_at_most_their_size_or_one_file(full: Exporter, http: httpx.Client, ada: Person) -> None:
    for part in TakeOut.made(http, ada, parts_size=20).parts():
        sizes = [len(body) for name, body in unzipped(part).items() if name.startswith("My Cozy/Files/")]
        assert sum(sizes) <= 20 or len(sizes) == 1


def test_zip_and_tar_have_the_same_entries(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada, parts_size=50)
    for zipped, tarred in zip(take_out.parts(), take_out.parts(format="tar"), strict=True):
        assert list(unzipped(zipped).items()) == list(untarred(tarred).items())


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("unzip", ["-t", "-q"]), ("zip", ["-T"]), ("bsdtar", ["-tf"]), ("tar", ["-tf"]), ("7z", ["t"])],
)
def test_common_programs_read_them(
    full: Exporter, http: httpx.Client, ada: Person, tmp_path: Path, program: str, arguments: list[str]
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    take_out = TakeOut.made(http, ada)
    kind = "tar" if program == "tar" else "zip"
    archive = tmp_path / f"part.{kind}"
    archive.write_bytes(take_out.parts(format=kind)[0])
    done = subprocess.run([program, *arguments, str(archive)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_zip_says_times_in_utc_as_far_as_it_can(
    exporter: Exporter, http: httpx.Client, ada: Person, tmp_path: Path
) -> None:
    """DOS's are of nobody knows which zone, and end in 2107; the extended timestamp has 32 bits with a sign."""
    for name, modified in (("a.txt", "2024-02-29T23:59:58Z"), ("late.txt", "2050-01-01T00:00:00Z")):
        exporter.send_file("blobs", file_item(name, "/t", dateModified=modified), name.encode())
    path = tmp_path / "part.zip"
    path.write_bytes(TakeOut.made(http, ada).parts()[0])
    call_command("verify_archive", str(path), stdout=StringIO(), stderr=StringIO())
    with zipfile.ZipFile(path) as archive:
        found = {one.filename.rpartition("/")[2]: one.extra for one in archive.infolist()}
    assert found["a.txt"] == pack("<HHBl", 0x5455, 5, 1, 1709251198)
    assert found["late.txt"] == b""
    assert found["instance.json"][:5] == found["a.txt"][:5]
    subprocess.run(["unzip", "-q", path.name], cwd=tmp_path, env={**os.environ, "TZ": "Asia/Tokyo"}, check=True)
    assert (tmp_path / "My Cozy/Files/t/a.txt").stat().st_mtime == 1709251198


def test_what_a_record_said_before_rides_along(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    for title in ("1", "2", "3"):
        exporter.send("social-posts", {"@type": "SocialActivity", "activity": {"id": "p", "title": title}})
    [body] = TakeOut.made(http, ada).documents("org.wharf.social.posts").values()
    assert body["title"] == "3"
    before = [json.loads(one["payload"])["activity"]["title"] for one in body["metadata"]["wharf"]["revisions"]]
    assert before == ["1", "2"]


def test_only_the_doctypes_that_were_asked_for(full: Exporter, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada, with_doctypes=["org.wharf.calendars", "com.example.unknown"])
    folders = {name.split("/")[2] for name in take_out.everything() if name.startswith("My Cozy/Data/")}
    assert folders == {"instance.json", "org.wharf.calendars"}
    assert take_out.attributes["files_count"] == 0


def test_the_account_is_described_without_a_secret(full: Exporter, http: httpx.Client, ada: Person) -> None:
    browser(ada.row)
    instance = json.loads(TakeOut.made(http, ada).entries()["My Cozy/Data/instance.json"])
    assert instance["username"] == "ada"
    assert not {"password", "token", "secret"} & instance.keys()
    (session,) = instance["sessions"]
    assert session.keys() == {"address", "browser", "logged_in_at", "last_used_at"}
    some = TakeOut.made(http, ada, with_doctypes=["org.wharf.calendars"]).entries()["My Cozy/Data/instance.json"]
    assert "sessions" not in json.loads(some), "where somebody is says more than was asked for"


def test_an_empty_account_has_an_archive_too(http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    assert set(take_out.everything()) == {
        "My Cozy/Data/instance.json",
        "My Cozy/Readable/index.html",
        "My Cozy/Readable/pages/site.css",
        "My Cozy/manifest.json",
    }
    assert list(untarred(take_out.parts(format="tar")[0])) == list(take_out.entries())
