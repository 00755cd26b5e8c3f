"""OFFLINE-DATA: whatever services have of a person that has no vertical of its own."""

from django.utils.translation import gettext_lazy as _

from importers.documents.doctypes import FILES
from importers.freeform.vertical import FreeformVertical
from importers.verticals.offline_data.documents import FILES_OF_OFFLINE_DATA, OFFLINE_DATA
from importers.verticals.offline_data.items import OfflineDataItem
from importers.verticals.offline_data.models import OfflineDataFile
from importers.verticals.offline_data.site import SITE


class OfflineDataVertical(FreeformVertical):
    """Things of any shape, with their files."""

    title = _("Offline data")
    items = (OfflineDataItem,)
    kinds = (OFFLINE_DATA,)
    site = SITE
    files_of_items = FILES_OF_OFFLINE_DATA
    with_bytes = {OfflineDataFile: FILES}


VERTICAL = OfflineDataVertical()
