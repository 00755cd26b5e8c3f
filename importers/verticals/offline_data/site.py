"""Offline data in the site of an archive."""

from django.utils.translation import gettext_lazy as _

from importers.freeform.site import FreeformList
from importers.verticals.offline_data.documents import FILES_OF_OFFLINE_DATA, OFFLINE_DATA


class OfflineDataList(FreeformList):
    """What services call offline data, the newest first."""

    name = "offline-data"
    title = _("Offline data")
    kinds = (OFFLINE_DATA,)
    files = FILES_OF_OFFLINE_DATA


SITE = (OfflineDataList(),)
