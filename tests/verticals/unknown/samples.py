"""An item of an unknown type as a sample; see tests/support/samples.py."""

from importers.verticals.unknown.models import UnknownItem
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    UnknownItem.objects.create(**account.columns("Poem"), vertical="blobs", type="Poem", content=account.content)


def send(exporter: Exporter) -> None:
    exporter.send_file("blobs", {"@type": "Poem", "text": "…"}, b"rhymes", "text/plain")
