"""An account with everything that a real Cozy's account has, a few MiB in all. It is the same each time."""

import hashlib
import random
from typing import Any

from tests.e2e.cozy.account import ALBUMS, BIN, FILES, ROOT, CozyAccount, CozyFile, Version, md5sum

ODD_NAMES = (
    'what? a:name <with> "all" |that| is* odd.txt',
    "back\\slash.txt",
    "ends with a dot.",
    " spaces around ",
    "CON",
    "é composed.txt",
    "e\u0301 decomposed.txt",
    "日本語 😀.txt",
    "\u202eright to left.txt",
    "percent%2Fslash%00.txt",
    "C:",
    "~" * 246,
)
TIMES = {"created_at": "2019-03-01T10:20:30.123456789Z", "updated_at": "2021-07-14T08:00:00+02:00"}


class Life:
    """Fills an account, with identifiers and bytes that depend on nothing but the order of the calls."""

    def __init__(self) -> None:
        self.account = CozyAccount.empty()
        self.lots = random.Random("a life on a Cozy")  # noqa: S311  (bytes of a test, no secrets)

    def new_id(self) -> str:
        return f"{self.lots.getrandbits(128):032x}"

    def directory(self, name: str, parent: str = ROOT, **more: Any) -> str:
        identifier = self.new_id()
        path = f"{self.account.directories[parent]['path'].rstrip('/')}/{name}"
        self.account.directories[identifier] = {
            "_id": identifier,
            "_rev": f"1-{self.new_id()}",
            "type": "directory",
            "name": name,
            "dir_id": parent,
            "path": path,
            "tags": [],
            **TIMES,
            **more,
        }
        return identifier

    def file(
        self, name: str, content: bytes, parent: str = ROOT, *, sums: bool = True, kind: str = "", **more: Any
    ) -> CozyFile:
        identifier = self.new_id()
        usual, mime = _kind(name)
        document = {
            "_id": identifier,
            "_rev": f"2-{self.new_id()}",
            "type": "file",
            "name": name,
            "dir_id": parent,
            "size": str(len(content)),
            "mime": mime,
            "class": kind or usual,
            "executable": False,
            "trashed": False,
            "tags": [],
            "metadata": {},
            **TIMES,
            **more,
        }
        if sums:
            document["md5sum"] = md5sum(content)
        self.account.files[identifier] = CozyFile(document, content)
        return self.account.files[identifier]

    def version(self, file: CozyFile, content: bytes) -> None:
        number = len(file.versions) + 1
        document = {
            "_id": f"{file.document['_id']}/{number}-{self.new_id()}",
            "_rev": f"1-{self.new_id()}",
            "updated_at": f"2020-0{number}-02T03:04:05Z",
            "size": str(len(content)),
            "md5sum": md5sum(content),
            "tags": [],
            "metadata": {"version": number},
            "relationships": {"file": {"data": {"_id": file.document["_id"], "_type": FILES}}},
        }
        file.versions.append(Version(document, content))

    def document(self, doctype: str, identifier: str = "", **fields: Any) -> str:
        identifier = identifier or self.new_id()
        document = {"_id": identifier, "_rev": f"1-{hashlib.sha256(identifier.encode()).hexdigest()[:32]}", **fields}
        self.account.documents[doctype, identifier] = document
        return identifier

    def bytes_of(self, size: int) -> bytes:
        return self.lots.randbytes(size)


def _kind(name: str) -> tuple[str, str]:
    kinds = {".jpg": ("image", "image/jpeg"), ".mp4": ("video", "video/mp4"), ".pdf": ("pdf", "application/pdf")}
    return kinds.get(name[-4:], ("text", "text/plain"))


def sample(*, lost: bool = False, thrown: bool = True) -> CozyAccount:
    """The whole life; `lost`: with a file whose bytes the server has lost; `thrown`: with something in the bin, which
    no Cozy takes in."""
    life = Life()
    _files(life)
    if thrown:
        _bin(life)
    _photos(life)
    _people_and_apps(life)
    _of_the_server(life)
    if lost:
        life.file("lost.txt", b"These bytes are gone.").content = None
    return life.account


def _files(life: Life) -> None:
    papers = life.directory("Administrative")
    deep = papers
    for name in ("2018", "Ünïcode 日本", 'it\'s "quoted"', "deep", "deeper"):
        deep = life.directory(name, deep)
    life.directory("empty directory")
    for number in range(60):
        parent = (ROOT, papers, deep)[number % 3]
        life.file(f"letter {number}.txt", f"Dear reader number {number}\n".encode() * (number + 1), parent)
    odd = life.directory("odd names")
    for number, name in enumerate(ODD_NAMES):
        life.file(name, f"odd {number}".encode(), odd, sums=number % 2 == 0)
    life.file("nothing", b"")
    life.file("nothing, and nobody summed it", b"", sums=False)
    life.file("run me.sh", b"#!/bin/sh\necho run\n", executable=True, mime="text/x-shellscript", kind="code")
    life.file("tagged.txt", b"tagged", tags=["red", "blue"], metadata={"label": "x", "carbonCopy": True})
    life.file("twice.txt", b"the same bytes", papers)
    life.file("twice.txt", b"the same bytes", deep)
    life.file("large.bin", life.bytes_of(3_000_000), papers, mime="application/octet-stream", kind="binary")
    life.file("packs well.txt", b"0" * 1_500_000, papers)
    report = life.file("report.txt", b"The third version of the report\n" * 100, papers)
    life.version(report, b"The first version of the report\n" * 80)
    life.version(report, b"The second version of the report\n" * 90)
    life.file("bill.pdf", b"%PDF-1.4 bill", referenced_by=[{"type": "io.cozy.bank.operations", "id": "op 1/2"}])


def _bin(life: Life) -> None:
    life.file("thrown away.txt", b"in the bin", BIN, trashed=True, restore_path="/Administrative")
    thrown = life.directory("thrown directory", BIN)
    life.file("inside it.txt", b"in a directory in the bin", thrown, trashed=True)


def _photos(life: Life) -> None:
    photos = life.directory("Photos")
    holidays = life.directory("Holidays 🏝", photos)
    sea, home, everything = (
        life.document(ALBUMS, name=name, created_at="2019-08-01T00:00:00Z", auto=False)
        for name in ("Sea", "Home/and garden", "Everything")
    )
    life.document(ALBUMS, name="Nothing in it", created_at="2019-08-02T00:00:00Z")
    for number in range(12):
        albums = [everything, *([sea] if number % 2 else []), *([home] if number % 3 == 0 else [])]
        taken = f"2019-08-{number + 1:02}T12:00:00Z"
        life.file(
            f"IMG {number}.jpg",
            b"\xff\xd8\xff\xe0" + life.bytes_of(60_000 + 10_000 * number),
            holidays if number % 2 else photos,
            referenced_by=[{"type": ALBUMS, "id": album} for album in albums] if number < 10 else [],
            metadata={"datetime": taken, "width": 400, "height": 300, "gps": {"lat": 43.5, "long": 7.25 + number}},
        )
    film = life.file("film.mp4", life.bytes_of(400_000), photos, referenced_by=[{"type": ALBUMS, "id": sea}])
    film.document["metadata"] = {"duration": 12.5}
    life.version(life.file("edited.jpg", b"\xff\xd8\xff\xe0edited", photos), b"\xff\xd8\xff\xe0before")


def _people_and_apps(life: Life) -> None:
    for number in range(40):
        life.document(
            "io.cozy.contacts",
            fullname=f"Zoë Number {number}",
            name={"givenName": "Zoë", "familyName": f"Number {number}"},
            email=[{"address": f"zoe{number}@example.org", "primary": True}],
            phone=[{"number": f"+33 6 {number:08}"}],
            metadata={"cozy": True, "version": 1},
        )
    life.document("io.cozy.contacts", "io.cozy.contacts/myself", me=True, fullname="Ada")
    for number in range(100):
        amount = round(-1000 + 17.35 * number, 2)
        life.document("io.cozy.bank.operations", f"op {number}/2", label=f"CARD {number} ☕", amount=amount, big=2**60)
    life.document("io.cozy.calendar.events", summary="Lunch", start="2019-04-05T12:00:00+02:00")
    for slug in ("drive", "photos", "banks"):
        life.document("io.cozy.apps", f"io.cozy.apps/{slug}", slug=slug, state="ready", version="1.2.3")
    life.document("io.cozy.konnectors", "io.cozy.konnectors/trainline", slug="trainline")
    life.document("io.cozy.accounts", account_type="train", auth={"login": "ada", "password_encrypted": "eA"})
    life.document("io.cozy.notes.steps", "note/1/2/3", content={"type": "doc"}, nothing=None, yes=True)
    life.document("io.cozy.settings", "io.cozy.settings.keyboard", layout="bépo")
    life.document("com.example.made/up", "a b%2Fc", text="a doctype with a slash", nested={"z": [1, 2.5, None, ""]})


def _of_the_server(life: Life) -> None:
    life.document("io.cozy.exports", state="done")
    life.document("io.cozy.sessions", last_seen="2021-01-01T00:00:00Z")
    life.document("io.cozy.jobs", worker="export", state="running")
    life.document("io.cozy.oauth.clients", client_name="A phone", client_secret="secret of the source")
    life.document("io.cozy.oauth.access_codes", scope="*")
    life.document("io.cozy.settings", "io.cozy.settings.instance", email="ada@source.example", public_name="Ada")
    life.document("io.cozy.settings", "io.cozy.settings.bitwarden", encryption_key="secret of the source")
    life.document("com.bitwarden.ciphers", type=1, name="2.encrypted==|x|y")
    life.document("com.bitwarden.folders", name="2.encrypted==|x|z")
    life.document("com.bitwarden.organizations", name="Cozy")
