"""The signs of life of processes that work in the background."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ProcessSign(models.Model):
    """A process, and when it last said that it lives (see accounts/signs.py). Who ends well removes its row.

    `queues`: what it takes its work from, separated by commas.
    """

    class Kind(models.TextChoices):
        BEAT = "beat", _("beat")
        WORKER = "worker", _("worker")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    host = models.CharField(max_length=253)
    process = models.PositiveIntegerField(help_text=_("Its number on that machine."))
    queues = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["kind", "host", "process"]
        verbose_name = _("process")
        verbose_name_plural = _("processes")

    def __str__(self) -> str:
        said = {"kind": self.get_kind_display(), "process": self.process, "host": self.host}
        return gettext("%(kind)s %(process)s at %(host)s") % said
