"""What stands in the database, counted when it is scraped, so that it is right for all machines.

Each query is bounded by an index or by how much of something can be unfinished; what could be millions is counted up to
`MOST_COUNTED`.
"""

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from accounts.models import Letter, PeriodicTask, ProcessSign
from importers.models import Content, Upload
from moves.models import ArchiveImport, Export, Move

MOST_COUNTED = 10_000


def standing() -> Iterator[Metric]:
    """Yields all of it. Raises what the database raises."""
    yield from _jobs()
    yield from _moves()
    yield from _processes()
    yield from _periodic_tasks()


def machine(answers: Mapping[str, str]) -> Iterator[Metric]:
    """Yields what is this machine's own, with what services have answered it (`config.health.ask_all`)."""
    up = GaugeMetricFamily("wharf_service_up", "Whether it answers, as /status/ready asks.", labels=["service"])
    for service, said in answers.items():
        up.add_metric([service], float(said == "ok"))
    yield up
    disk = shutil.disk_usage(settings.WHARF_DATA_DIR)
    yield GaugeMetricFamily("wharf_disk_free_bytes", "Of the disk of the data folder.", value=disk.free)
    yield GaugeMetricFamily("wharf_disk_bytes", "All of it.", value=disk.total)


def _jobs() -> Iterator[Metric]:
    number = GaugeMetricFamily("wharf_jobs", f"Unfinished ones, up to {MOST_COUNTED}.", labels=["kind", "state"])
    oldest = GaugeMetricFamily(
        "wharf_job_oldest_seconds", "Since the oldest of them was asked for, or was due.", labels=["kind", "state"]
    )
    exports = Export.objects.filter(state=Export.State.EXPORTING)
    imports = ArchiveImport.objects.filter(state=ArchiveImport.State.IMPORTING)
    for kind, rows in (("export", exports), ("import", imports)):
        found = rows.aggregate(
            waiting=Count("pk", filter=Q(heartbeat_at=None)),
            running=Count("pk", filter=Q(heartbeat_at__isnull=False)),
            waiting_since=Min("created_at", filter=Q(heartbeat_at=None)),
            running_since=Min("created_at", filter=Q(heartbeat_at__isnull=False)),
        )
        for state in ("waiting", "running"):
            number.add_metric([kind, state], found[state])
            oldest.add_metric([kind, state], _seconds_since(found[f"{state}_since"]))
    mails = Letter.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    number.add_metric(["mail", "waiting"], _up_to_most(mails))
    oldest.add_metric(["mail", "waiting"], _seconds_since(mails.values_list("due_at", flat=True).first()))
    number.add_metric(["thumbnail", "waiting"], _up_to_most(Content.objects.filter(to_draw=True)))
    number.add_metric(["upload", "running"], _up_to_most(Upload.objects.filter(owner__isnull=False)))
    yield number
    yield oldest


def _moves() -> Iterator[Metric]:
    number = GaugeMetricFamily("wharf_moves", "Moves that have not ended.", labels=["side", "state"])
    open_ones = Move.objects.filter(ended_at=None)
    for side, state, found in (
        open_ones.values_list("side", "state").annotate(found=Count("pk")).order_by("side", "state")
    ):
        number.add_metric([side, state], found)
    yield number
    overdue = open_ones.filter(next_at__lt=timezone.now() - timedelta(minutes=5)).count()
    yield GaugeMetricFamily("wharf_moves_overdue", "Those whose step was due five minutes ago.", value=overdue)
    failing = open_ones.filter(tries__gt=0).count()
    yield GaugeMetricFamily("wharf_moves_failing", "Those whose step has failed, and is tried again.", value=failing)


def _processes() -> Iterator[Metric]:
    silence = GaugeMetricFamily(
        "wharf_process_silence_seconds",
        "Since its last sign of life; above 60, it is dead.",
        labels=["kind", "host", "process", "queues"],
    )
    for sign in ProcessSign.objects.all()[:MOST_COUNTED]:
        silence.add_metric([sign.kind, sign.host, str(sign.process), sign.queues], _seconds_since(sign.seen_at))
    yield silence


def _periodic_tasks() -> Iterator[Metric]:
    late = GaugeMetricFamily("wharf_periodic_task_late_seconds", "Since it was due, or 0.", labels=["task"])
    failed = GaugeMetricFamily("wharf_periodic_task_failed", "Whether its last run has failed.", labels=["task"])
    for task in PeriodicTask.objects.all():
        late.add_metric([task.name], max(0.0, _seconds_since(task.due_at)))
        failed.add_metric([task.name], float(bool(task.failure)))
    yield late
    yield failed


def _up_to_most(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()


def _seconds_since(moment: datetime | None) -> float:
    return (timezone.now() - moment).total_seconds() if moment else 0.0
