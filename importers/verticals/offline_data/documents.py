"""Offline data in archives."""

from importers.documents.kind import RecordKind
from importers.freeform.documents import FilesOfItems
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile

OFFLINE_DATA = RecordKind(
    OfflineData,
    "org.wharf.offline.data",
    ("identifier", "name", "text", "begins", "arrived_at"),
    heading="name",
    missing="The archive has a file of this, but not what it belongs to: it is named {}.",
)
FILES_OF_OFFLINE_DATA = FilesOfItems(OFFLINE_DATA, OfflineDataFile, "offline-data", "Offline data")
