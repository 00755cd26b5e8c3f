"""Offline data in archives."""

from django.utils.translation import gettext_lazy as _

from accounts.texts import kept_text
from importers.documents.kind import RecordKind
from importers.freeform.documents import FilesOfItems
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile

OFFLINE_DATA = RecordKind(
    OfflineData,
    "org.wharf.offline.data",
    ("identifier", "name", "text", "begins", "arrived_at"),
    heading="name",
    all_words=_("all pieces of offline data"),
    no_words=_("no pieces of offline data"),
    missing=kept_text("The archive has a file of this, but not what it belongs to: it is named %(name)s."),
    address="data",
    by_name=True,
    searched=("name", "text"),
    search_number=14,
)
FILES_OF_OFFLINE_DATA = FilesOfItems(OFFLINE_DATA, OfflineDataFile, "offline-data", "Offline data")
