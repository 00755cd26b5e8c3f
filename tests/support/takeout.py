"""Exports as tests make and read them: asked for by HTTP, made by the job, fetched by HTTP."""

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from moves.exports import job, requests
from moves.exports.links import opaque
from moves.exports.requests import Wish
from moves.models import Export
from tests.support.exporter import Person, hand_made_token
from tests.support.json_api import JSON_API

# An entry that is a page of the site.
PAGE = re.compile(r"My Cozy/Readable/(?:index|pages/.*)\.html")


@dataclass
class TakeOut:
    """One export of one person, as a program sees it that has asked for it."""

    http: httpx.Client
    path: str
    pk: int

    @classmethod
    def ask(cls, http: httpx.Client, person: Person, **attributes: Any) -> "TakeOut":
        """Asks for an export; nobody makes it yet."""
        answer = post(http, person, {"data": {"attributes": attributes}})
        assert answer.status_code == 201, answer.text
        path = answer.json()["data"]["links"]["self"]
        return cls(http, path, Export.objects.get(doc_id=answer.json()["data"]["id"]).pk)

    @classmethod
    def made(cls, http: httpx.Client, person: Person, **attributes: Any) -> "TakeOut":
        """An export that is done."""
        take_out = cls.ask(http, person, **attributes)
        assert job.run(take_out.pk)
        assert take_out.attributes["state"] == "done", take_out.attributes
        return take_out

    @classmethod
    def after(cls, first: "TakeOut", person: Person, *, changes_only: bool) -> "TakeOut":
        """The second export of a move, which is done."""
        row = requests.create(person.row, Wish(), "move", since=first.row, changes_only=changes_only)
        assert job.run(row.pk)
        row.refresh_from_db()
        assert row.state == Export.State.DONE, row.error
        return cls(first.http, f"/move/exports/{opaque(row)}", row.pk)

    @property
    def row(self) -> Export:
        return Export.objects.get(pk=self.pk)

    @property
    def attributes(self) -> dict[str, Any]:
        answer = self.http.get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["attributes"]

    @property
    def cursors(self) -> list[str]:
        return ["", *self.attributes["parts_cursors"]]

    def data_path(self, cursor: str = "", **query: str) -> str:
        named = {**({"cursor": cursor} if cursor else {}), **query}
        return str(httpx.URL(self.path.replace("/move/exports/", "/move/exports/data/"), params=named))

    def fetch(self, cursor: str = "", headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
        return self.http.get(self.data_path(cursor, **query), headers=headers or {})

    def parts(self, **query: str) -> list[bytes]:
        """The bytes of every part."""
        fetched = [self.fetch(cursor, None, **query) for cursor in self.cursors]
        assert [one.status_code for one in fetched] == [200] * len(fetched)
        return [one.content for one in fetched]

    def entries(self, part: int = 0) -> dict[str, bytes]:
        """Name and bytes of the entries of a part, as Python's zipfile reads them."""
        return unzipped(self.fetch(self.cursors[part]).content)

    def everything(self) -> dict[str, bytes]:
        """The entries of all parts."""
        found: dict[str, bytes] = {}
        for part in self.parts():
            entries = unzipped(part)
            assert not found.keys() & entries.keys()
            found |= entries
        return found

    def manifest(self) -> dict[str, str]:
        """Path and SHA-256 of every entry that its manifest lists, but of those that say whose they are."""
        [found] = [body for name, body in self.everything().items() if name.endswith("/manifest.json")]
        return {
            one["path"]: one["sha256"]
            for one in json.loads(found)["entries"]
            if not one["path"].endswith(("instance.json", "/Readable/index.html"))
        }

    def documents(self, doctype: str) -> dict[str, Any]:
        """The documents of a doctype by their ids."""
        return documents_in(self.everything(), doctype)


def post(http: httpx.Client, person: Person, body: Any, **headers: str) -> httpx.Response:
    token = hand_made_token(person, "io.cozy.exports")
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": JSON_API, "Authorization": f"Bearer {token}"} | headers
    return http.post("/move/exports", content=sent, headers=named)


def documents_in(entries: dict[str, bytes], doctype: str) -> dict[str, Any]:
    """The documents of a doctype among the entries of an export, by their ids."""
    prefix = f"My Cozy/Data/{doctype}/"
    return {
        name.removeprefix(prefix).removesuffix(".json"): json.loads(body)
        for name, body in entries.items()
        if name.startswith(prefix)
    }


def unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names = opened.namelist()
        assert len(names) == len(set(names))
        return {name: opened.read(name) for name in names}


def site_text(entries: dict[str, bytes]) -> str:
    """What all pages of an archive's site say, without the elements that names and texts are in."""
    pages = (body.decode() for name, body in entries.items() if PAGE.fullmatch(name))
    return re.sub("</?bdi>", "", "\n".join(pages))


def untarred(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return dict(_members(opened))


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        file = archive.extractfile(member)
        assert file is not None
        yield member.name, file.read()
