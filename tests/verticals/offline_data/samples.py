"""Offline data as samples; see tests/support/samples.py."""

from django.utils import timezone

from importers.verticals.offline_data.models import OfflineData, OfflineDataFile
from tests.support.exporter import Exporter
from tests.support.samples import SampleAccount


def rows(account: SampleAccount) -> None:
    columns = account.columns("OfflineData", identifier="", name="Steps", arrived_at=timezone.now())
    record = OfflineData.objects.create(**columns)
    OfflineDataFile.objects.create(owner=account.owner, record=record, content=account.content)


def send(exporter: Exporter) -> None:
    exporter.send("offline-data", {"@type": "Steps", "identifier": 7, "name": "Steps", "count": 10_000})
    exporter.send("offline-data", {"anything": ["at", "all"]})
    exporter.send_file("offline-data", {"@type": "Heartbeats"}, b"1,2,3", "text/csv")
