"""Imports as tests ask for them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx
from django.db import connection as database

from moves.imports.running import job
from moves.models import ArchiveImport
from tests.support.checkout import CHECKOUT
from tests.support.exporter import Person, run
from tests.support.fake_server import JSON_API
from tests.support.takeout import TakeOut

RUN = "import django; django.setup()\nimport sys\nfrom moves.imports.running import job\njob.run(int(sys.argv[1]))"


def link_of(server: str, take_out: TakeOut) -> str:
    """The link of an export, as a person gets it."""
    return f"{server}/#/exports/{take_out.path.rpartition('/')[2]}"


def post(
    http: httpx.Client, person: Person, path: str, attributes: Any, scope: str = "io.cozy.imports"
) -> httpx.Response:
    token = run("create_token", person.name, "--scope", scope)["access_token"]
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
        """An import that is done."""
        bringing = cls.ask(http, person, link)
        assert job.run(bringing.pk)
        assert bringing.row.state == "done", bringing.row.error
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
