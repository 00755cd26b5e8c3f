"""Log-ins that failed, as the audit trail has them: those of a minute and a place are one."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.period import PERIODS
from accounts.numbers import thousands
from audit.kinds import AuditKind
from audit.models import AuditEvent
from operations.overview.panel import COUNTED_ONE_BY_ONE, Figure, Panel, list_of


def panel() -> Panel:
    """Returns how often passwords and codes were wrong in the last day."""
    figures = [
        _figure(AuditKind.PASSWORD_WRONG, _("wrong passwords in the last day, those of a minute as one")),
        _figure(AuditKind.CODE_WRONG, _("wrong codes in the last day, likewise")),
    ]
    return Panel(_("Failed log-ins"), figures)


def _figure(kind: AuditKind, words: str) -> Figure:
    """The newest of a kind, by the index that finds them: a day has as many as strangers like."""
    newest = AuditEvent.objects.filter(kind=kind).order_by("-pk").values_list("at", flat=True)[: COUNTED_ONE_BY_ONE + 1]
    since = timezone.now() - PERIODS["day"].length
    number = sum(at >= since for at in newest)
    said = f"{thousands(COUNTED_ONE_BY_ONE)}+" if number > COUNTED_ONE_BY_ONE else thousands(number)
    return Figure(said, words, list_of(AuditEvent, kind=kind.value, within="day"))
