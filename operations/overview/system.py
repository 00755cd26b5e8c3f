"""The machinery: who works, when what is done again and again was last done, and which mails wait."""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import signs
from accounts.models import Letter, PeriodicTask, ProcessSign
from accounts.numbers import thousands
from operations.overview.panel import Figure, Panel, ago, counted, list_of

SOON = 10  # minutes that a mail may wait before somebody should look


def panel() -> Panel:
    """Returns their numbers, and a sentence for all that nobody does."""
    now = timezone.now()
    alive = ProcessSign.objects.filter(seen_at__gte=now - signs.SILENCE)
    last = PeriodicTask.objects.aggregate(last=Max("ended_at"))["last"]
    failed = PeriodicTask.objects.exclude(failure="").count()
    mails = counted(Letter.objects.all())[1]
    oldest = Letter.objects.order_by("pk").values_list("created_at", flat=True).first()
    waited = now - oldest if oldest else None
    workers = alive.filter(kind=ProcessSign.Kind.WORKER).count()
    missing = signs.missing()
    figures = [
        Figure(
            thousands(workers),
            _("workers alive"),
            list_of(ProcessSign, kind__exact=ProcessSign.Kind.WORKER.value, alive="yes"),
            bool(missing),
        ),
        Figure(
            ago(now - last) if last else "–",
            _("since something periodic was last done"),
            list_of(PeriodicTask),
            last is None,
        ),
        Figure(
            thousands(failed),
            _("periodic tasks failed the last time"),
            list_of(PeriodicTask, failed="yes"),
            failed > 0,
        ),
        Figure(
            mails,
            _("mails waiting"),
            list_of(Letter),
            waited is not None and waited.total_seconds() > SOON * 60,
            _("the oldest for %(time)s") % {"time": ago(waited)} if waited else "",
        ),
    ]
    return Panel(_("System"), figures, lines=missing)
