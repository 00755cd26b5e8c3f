"""What was kept although nobody here understands it."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.models.content import Content, WithFile
from importers.models.record import Record, by_date


class UnknownItem(WithFile, Record):
    """An item of a type that its vertical does not know, or that can't be told from others: kept whole, with its file
    if it had one."""

    vertical = models.CharField(max_length=32)
    type = models.TextField()
    content = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="unknown_items")
    mime = models.TextField(blank=True)

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, by_date()]
        verbose_name = _("item kept as it came")
        verbose_name_plural = _("items kept as they came")

    def __str__(self) -> str:
        return gettext("%(type)s at %(vertical)s") % {"type": self.type, "vertical": self.vertical}
