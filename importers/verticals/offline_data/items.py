"""Offline data on the wire: any JSON object."""

from typing import ClassVar

from importers.freeform.items import FreeformItem
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile


class OfflineDataItem(FreeformItem):
    model: ClassVar = OfflineData
    file_model: ClassVar = OfflineDataFile
