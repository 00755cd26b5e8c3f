"""How offline data is shown."""

from typing import ClassVar

from importers.pages.kinds import RecordPages, register
from importers.verticals.offline_data.models import OfflineData


@register(OfflineData)
class OfflineDataPages(RecordPages):
    """One without a title is called by how its text begins."""

    title_columns: ClassVar = ("begins",)
