"""What is in the bin leaves as such and comes back as such, of every kind. The pages of an archive, and standard
formats, have nothing of it."""

import json
import re
from typing import Any

import httpx
import pytest
from django.test import Client

from importers import tasks
from importers.models import Record
from importers.vertical import record_models
from importers.verticals.blobs.models import File
from importers.verticals.social_posts.models import SocialActivity
from tests.support.archives import WHARF, bring
from tests.support.bins import BinVisitor, assert_all_adds_up, wait
from tests.support.bringing import Bringing, link_of
from tests.support.exporter import Exporter, Person, file_item
from tests.support.samples import send_all
from tests.support.takeout import TakeOut


@pytest.fixture
def thrown(exporter: Exporter, client: Client, ada: Person) -> BinVisitor:
    """Somebody who has thrown away all that came."""
    send_all(exporter)
    exporter.send_file("blobs", file_item("Unmistakable.txt", "/Deep/er"), b"in the bin")
    client.force_login(ada.row)
    visitor = BinVisitor(client)
    for client_id in {source.client_id for source in ada.row.sources.all()}:
        visitor.throw(client=client_id)
    return visitor


def thrown_at(person: Person) -> dict[str, dict[str, Any]]:
    """When each record of a person was thrown away, by kind and id; of those that have come."""
    found: dict[str, dict[str, Any]] = {}
    models: list[type[Record]] = record_models()
    for model in models:
        rows: Any = model._default_manager
        waiting = rows.placeholders().values("pk")
        records = rows.filter(owner=person.row).exclude(pk__in=waiting)
        found[model.__name__] = dict(records.values_list("doc_id", "trashed_at"))
    return {kind: records for kind, records in found.items() if records}


@pytest.mark.services
def test_it_leaves_and_comes_back_in_the_bin(
    thrown: BinVisitor, http: httpx.Client, ada: Person, grace: Person
) -> None:
    left = thrown_at(ada)
    assert all(at is not None for records in left.values() for at in records.values())
    bring(grace, TakeOut.made(http, ada).everything(), WHARF)
    assert {kind: set(records) for kind, records in thrown_at(grace).items()} == {
        kind: set(records) for kind, records in left.items()
    }
    assert thrown_at(grace) == left
    assert_all_adds_up()


def test_documents_say_it_as_each_kind_does(thrown: BinVisitor, http: httpx.Client, ada: Person) -> None:
    take_out = TakeOut.made(http, ada)
    files = take_out.documents("io.cozy.files")
    own = [body for body in files.values() if body.get("type") == "file"]
    assert own and all(body["trashed"] for body in own)
    other = [
        json.loads(content)
        for name, content in take_out.everything().items()
        if "/Data/" in name and name.endswith(".json") and "/io.cozy.files/" not in name
    ]
    facts = [body["metadata"]["wharf"] for body in other if "trashed_at" in body.get("metadata", {}).get("wharf", {})]
    assert facts and all(one["trashed_at"] for one in facts)


def test_nobody_reads_of_it_in_the_pages_of_an_archive(thrown: BinVisitor, http: httpx.Client, ada: Person) -> None:
    everything = TakeOut.made(http, ada).everything()
    readable = {name: content.decode() for name, content in everything.items() if "/Readable/" in name}
    assert readable
    titles = {str(record) for model in record_models() for record in model._default_manager.all()}
    for name, page in readable.items():
        text = re.sub("<[^>]+>", " ", page)
        assert "Unmistakable" not in text, name
        for title in titles:
            if len(title) > 8:
                assert title not in text, (name, title)


def test_no_format_has_it(thrown: BinVisitor) -> None:
    page = thrown.page("/formats")
    assert re.findall(r'href="(/formats/[^"]+)"', page) == []


def test_what_an_archive_brought_into_the_bin_is_not_deleted_at_once(
    thrown: BinVisitor, http: httpx.Client, ada: Person, grace: Person, settings: Any
) -> None:
    settings.WHARF_TRUSTED_NETWORKS = ["127.0.0.0/8"]
    wait(days=400)
    take_out = TakeOut.made(http, ada)
    Bringing.done(http, grace, link_of(str(http.base_url).rstrip("/"), take_out))
    tasks.purge()
    assert not SocialActivity.objects.filter(owner=ada.row).exists()
    assert File.objects.filter(owner=grace.row).exclude(trashed_at=None).exists()
    thrown.client.force_login(grace.row)
    assert "nothing is deleted from this one by itself before" in thrown.page("/bin/")
    assert "29 days left" in thrown.page("/bin/blobs/files/") or "30 days left" in thrown.page("/bin/blobs/files/")
