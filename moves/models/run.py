"""A job that must end, whatever dies on the way."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """What the row of such a job keeps of whoever works on it.

    `epoch` counts the runs: every update of a run names its own, so that a worker that was thought dead changes nothing
    any more. `heartbeat_at` is the database's time, `process` the worker's (see importers/content/processes.py).
    `woken_at`: when a worker was last told of it.
    """

    epoch = models.PositiveIntegerField(_("number of the run"), default=0)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    process = models.CharField(_("process"), max_length=32, blank=True)
    woken_at = models.DateTimeField(_("last woken"), default=timezone.now)

    class Meta:
        abstract = True


class Mailed(models.Model):
    """A job at whose end the person gets a mail, at `mailed_at`. `mailing_at`: when somebody last began to send it (see
    moves/leases.py)."""

    mailed_at = models.DateTimeField(_("mail sent"), null=True, blank=True)
    mailing_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
