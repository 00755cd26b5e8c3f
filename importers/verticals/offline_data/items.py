"""Offline data on the wire: any JSON object."""

from typing import ClassVar

from importers.freeform.items import FreeformItem
from importers.verticals.offline_data.models import OfflineData, OfflineDataFile


class OfflineDataItem(FreeformItem):
    """A thing of any kind: any JSON object, with or without a `@type`, and any file with it. What has come under the
    same `@type` and `id` or `identifier` is the same thing."""

    examples: ClassVar = (
        {"@type": "Loan", "identifier": "l1", "title": "A lathe", "since": "2024-06-03"},
        {"steps": 9182, "day": "2024-06-03"},
    )
    model: ClassVar = OfflineData
    file_model: ClassVar = OfflineDataFile
