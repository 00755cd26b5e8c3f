"""Messages leave in archives as documents, with a file each that any mail program opens, and return as what they
were."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from importers import tasks
from importers.maintenance.verification import verify_use
from importers.models import Revision
from importers.verticals.mail.models import MailFolder, MailMessage
from importers.verticals.mail.working import chunks_of
from tests.support.archives import WHARF, bring, outcomes
from tests.support.exporter import Exporter, Person, run
from tests.support.takeout import TakeOut
from tests.verticals.mail.samples import folder, mail, message

pytestmark = pytest.mark.services

FILES = "io.cozy.files"


def records(person: Person) -> list[dict[str, Any]]:
    names = [field.attname for field in MailMessage._meta.concrete_fields]
    own = ("id", "owner_id", "source_id", "transfer_id")
    rows = MailMessage.objects.filter(owner=person.row).order_by("doc_id")
    return [
        {name: getattr(row, name) for name in names if name not in own}
        | {"folders": [place.folder.doc_id for place in row.places.order_by("folder__doc_id")]}
        for row in rows
    ]


def filled(exporter: Exporter) -> None:
    exporter.send("mail", folder("inbox", "Inbox"))
    exporter.send("mail", mail(message(), "inbox", "a label", labels=["Important"], isRead=True))
    exporter.send("mail", mail(message(), "work"))
    exporter.send("mail", mail(message("Re: Grüße", In_Reply_To="<x@example.org>"), "inbox"))
    exporter.send("mail", mail(b"no headers"))


def test_a_message_leaves_as_a_document_and_a_file_that_names_it(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    filled(exporter)
    take_out = TakeOut.made(http, ada)
    documents = take_out.documents("org.wharf.mail.messages")
    folders = take_out.documents("org.wharf.mail.folders")
    assert len(documents) == 3
    [one] = [body for body in documents.values() if body["subject"] == "Grüße aus Lissabon"]
    assert [folders[one_id]["identifier"] for one_id in one["folders"]] == ["inbox", "a label", "work"]
    assert (one["labels"], one["flags"]) == ("Important", "seen")
    entries = dict(take_out.everything())
    assert entries["My Cozy/Files/Mail/Inbox/2026-11-26 Grüße aus Lissabon.eml"] == message()
    assert entries["My Cozy/Files/Mail/Without a subject.eml"] == b"no headers"
    files = [body for body in take_out.documents(FILES).values() if body["type"] == "file"]
    [file] = [body for body in files if body["metadata"]["wharf"].get("message") == one["_id"]]
    assert (file["mime"], file["name"]) == ("message/rfc822", "2026-11-26 Grüße aus Lissabon.eml")
    assert file["metadata"]["wharf"]["sha256"] == hashlib.sha256(message()).hexdigest()


def test_they_return_as_what_they_were_and_once(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    filled(exporter)
    entries = dict(TakeOut.made(http, ada).everything())
    grace = Person.create("grace")
    bring(grace, entries, WHARF)
    tasks.work_off()
    assert records(grace) == records(ada)
    assert Revision.objects.filter(owner=grace.row).count() == 1
    assert grace.used == ada.used
    again = outcomes(bring(grace, entries, WHARF))
    assert set(again) == {"unchanged"}
    assert grace.used == ada.used
    assert not list(verify_use(repair=False))
    for one in MailMessage.objects.filter(owner=grace.row):
        assert hashlib.sha256(b"".join(chunks_of(one))).hexdigest() == json.loads(one.payload)["rawString"]["sha256"]
    theirs = TakeOut.made(http, grace).everything()
    assert {name: body for name, body in theirs.items() if name.startswith("My Cozy/Files")} == {
        name: body for name, body in entries.items() if name.startswith("My Cozy/Files")
    }


def test_a_message_that_is_here_already_gets_its_folders_and_labels_and_loses_none(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    filled(exporter)
    entries = dict(TakeOut.made(http, ada).everything())
    exporter.send("mail", mail(message(), "later", labels=["Later"]))
    MailMessage.objects.get(subject="Re: Grüße").places.all().delete()
    bring(ada, entries, WHARF)
    one, other = MailMessage.objects.exclude(sent_at=None).order_by("pk")
    assert [place.folder.identifier for place in one.places.order_by("pk")] == ["inbox", "a label", "work", "later"]
    assert one.labels == "Important\nLater"
    assert [place.folder.identifier for place in other.places.all()] == ["inbox"]
    assert not list(verify_use(repair=False))


def test_the_same_message_of_two_accounts_is_one(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    filled(exporter)
    entries = dict(TakeOut.made(http, ada).everything())
    grace = Person.create("grace")
    with Exporter(exporter.server, grace, "Other") as own:
        own.client = exporter.client
        client = exporter.client["client_id"]
        own.tokens = run("create_token", "grace", "--scope", "import", "--client", client)
        own.send("mail", folder("inbox", "Inbox"))
        own.send("mail", mail(message(), "own"))
    bring(grace, entries, WHARF)
    mine = MailMessage.objects.filter(owner=grace.row)
    assert mine.count() == 3
    one = mine.get(subject="Grüße aus Lissabon")
    assert sorted(place.folder.identifier for place in one.places.all()) == ["a label", "inbox", "own", "work"]
    assert MailFolder.objects.filter(owner=grace.row, identifier="inbox").count() == 1
    assert not list(verify_use(repair=False))


def test_files_may_come_before_their_messages(exporter: Exporter, http: httpx.Client, ada: Person) -> None:
    filled(exporter)
    entries = dict(TakeOut.made(http, ada).everything())
    grace = Person.create("grace")
    bring(grace, {name: body for name, body in entries.items() if "org.wharf.mail.messages" not in name}, WHARF)
    tasks.work_off()
    subjects = MailMessage.objects.filter(owner=grace.row).values_list("subject", flat=True)
    assert sorted(subjects) == ["", "Grüße aus Lissabon", "Re: Grüße"]
    bring(grace, {name: body for name, body in entries.items() if "org.wharf.mail" in name}, WHARF)
    assert records(grace) == records(ada)
    assert not list(verify_use(repair=False))


def test_a_file_that_is_another_one_than_its_document_says_is_no_message(
    exporter: Exporter, http: httpx.Client, ada: Person
) -> None:
    exporter.send("mail", mail(message()))
    entries = dict(TakeOut.made(http, ada).everything())
    name = "My Cozy/Files/Mail/2026-11-26 Grüße aus Lissabon.eml"
    entries[name] = b"another"
    for path, body in entries.items():
        if path.startswith("My Cozy/Data/io.cozy.files/") and b"file of a message" in body:
            said = json.loads(body)
            said["size"], said["metadata"]["wharf"]["sha256"] = "7", hashlib.sha256(b"another").hexdigest()
            said.pop("md5sum", None)
            entries[path] = json.dumps(said).encode()
    grace = Person.create("grace")
    bring(grace, entries, WHARF)
    assert MailMessage.objects.get(owner=grace.row).content is None
    assert not list(verify_use(repair=False))
