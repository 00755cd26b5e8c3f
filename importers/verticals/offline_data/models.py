"""What services send as offline data, and the files that came with it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.freeform.models import FreeformFile, FreeformRecord


class OfflineData(FreeformRecord):
    """Something of any shape."""

    class Meta(FreeformRecord.Meta):
        verbose_name = _("piece of offline data")
        verbose_name_plural = _("pieces of offline data")


class OfflineDataFile(FreeformFile):
    """A file that came with it."""

    record = models.ForeignKey(OfflineData, on_delete=models.CASCADE, related_name="files")
