"""Imports as tests ask for them."""

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import timezone

from importers.content.storage import stored_keys
from importers.maintenance import collection, verification
from importers.models import Content, Upload
from importers.verticals.blobs.models import File
from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.checkout import CHECKOUT
from tests.support.cozy_archives import directory, document, file, instance
from tests.support.exporter import Person, hand_made_token
from tests.support.fake_export import ExportingServer, ServedPart
from tests.support.json_api import JSON_API
from tests.support.takeout import TakeOut

RUN = "import django; django.setup()\nimport sys\nfrom moves.imports.running import job\njob.run(int(sys.argv[1]))"


def link_of(server: str, take_out: TakeOut) -> str:
    """The link of an export, as a person gets it."""
    return f"{server}/#/exports/{take_out.path.rpartition('/')[2]}"


def post(
    http: httpx.Client, person: Person, path: str, attributes: Any, scope: str = "io.cozy.imports"
) -> httpx.Response:
    token = hand_made_token(person, scope)
    headers = {"Content-Type": JSON_API, "Authorization": f"Bearer {token}"}
    return http.post(path, json={"data": {"attributes": attributes}}, headers=headers)


@dataclass
class Bringing:
    """One import, as whoever has asked for it sees it."""

    pk: int

    @classmethod
    def ask(cls, http: httpx.Client, person: Person, link: str) -> "Bringing":
        """Asks for an import; nobody does it yet."""
        answer = post(http, person, "/move/imports", {"url": link})
        assert answer.status_code == 303, answer.text
        return cls(ArchiveImport.objects.filter(owner=person.row).latest("pk").pk)

    @classmethod
    def done(cls, http: httpx.Client, person: Person, link: str) -> "Bringing":
        """An import that is done, with or without something missing."""
        bringing = cls.ask(http, person, link)
        assert job.run(bringing.pk)
        assert bringing.row.state == ("incomplete" if bringing.row.missing else "done"), bringing.row.error
        return bringing

    @classmethod
    def of(cls, http: httpx.Client, person: Person, archive: bytes, **attributes: Any) -> "Bringing":
        """An import of this archive, which has come to its end. `attributes` are said of the export."""
        with ExportingServer(ServedPart(archive), **attributes) as other:
            bringing = cls.ask(http, person, other.link)
            assert job.run(bringing.pk)
        return bringing

    @property
    def row(self) -> ArchiveImport:
        return ArchiveImport.objects.get(pk=self.pk)

    @property
    def said(self) -> list[tuple[str, str]]:
        """Code, and entry or document, of everything in the report."""
        entries = self.row.report.order_by("pk").values_list("code", "entry", "doctype", "doc_id")
        return [(code, entry or f"{doctype}/{doc_id}") for code, entry, doctype, doc_id in entries]

    def worker(self) -> subprocess.Popen[bytes]:
        """A process that brings it in, as a worker's would."""
        name = database.settings_dict["NAME"]
        base = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
        url = f"sqlite:///{name}" if database.vendor == "sqlite" else f"{base}/{name}"
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.pk)],
            cwd=CHECKOUT,
            env=os.environ
            | {
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "WHARF_TRUSTED_NETWORKS": "127.0.0.0/8",
            },
        )


def import_archive(*arguments: object) -> str:
    """What the command says."""
    out = StringIO()
    call_command("import_archive", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def import_incomplete(*arguments: object) -> tuple[str, tuple[int, str]]:
    """What the command says where something is missing, and what it ends with."""
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("import_archive", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue(), (ended.value.returncode, str(ended.value))


# A whole import of some size


def many(documents: int = 3_000, files: int = 150, size: int = 20_000) -> list[tuple[str, bytes]]:
    """The entries of an archive that takes a moment."""
    chance = random.Random(5)  # noqa: S311
    entries = [instance(), directory("dir", "/Folder")]
    entries += [document("io.cozy.notes.of.someone", f"note-{n}", text=f"Note {n}") for n in range(documents)]
    for number in range(files):
        entries += file(f"file-{number}", f"/Folder/{number}.bin", chance.randbytes(size + number), "dir")
    return entries


def assert_whole(bringing: Bringing, person: Person, documents: int = 3_000, files: int = 150) -> None:
    row = bringing.row
    assert row.state == "done", row.error
    assert bringing.said == []
    assert File.objects.filter(owner=person.row).count() == files
    assert row.doctypes["io.cozy.notes.of.someone"] == documents
    assert row.doctypes["io.cozy.files"] == files + 1
    assert row.documents == sum(row.outcomes.values()) == documents + files + 1
    assert row.files_count == files
    assert_nothing_is_left()


def assert_nothing_is_left() -> None:
    """Every stored byte belongs to somebody."""
    Upload.objects.exclude(process="").update(expires_at=timezone.now())
    collection.purge()
    assert set(stored_keys(default_storage)) == set(Content.objects.values_list("storage_key", flat=True))
    assert list(verification.verify_keys(repair=False)) == []
