"""What is shown of an arrival: a title, how far it is, how fast, what came by kind, and where the person goes next."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.numbers import thousands
from accounts.sizes import human_size
from accounts.texts import translated
from importers.vertical import words_of_doctypes
from moves.imports.progress.status import ArrivalStage, ArrivalStatus
from moves.imports.progress.texts import title_and_lead

WITH_REPORT = (ArrivalStage.FAILED, ArrivalStage.STOPPED, ArrivalStage.INCOMPLETE)
FIRST_SECONDS = timedelta(seconds=3)  # no speed is told before


@dataclass(frozen=True)
class Count:
    """How much of one kind has come, as it is written."""

    number: str
    kind: str


@dataclass(frozen=True)
class ShownProgress:
    """What the page shows, and what the WebSocket sends where progress is asked for."""

    stage: str
    title: str
    lead: str
    percent: int | None
    said: str
    counts: list[Count]
    detail: str

    def as_json(self) -> dict[str, Any]:
        """For static/importing.js."""
        return asdict(self)


def shown(standing: ArrivalStatus, speed: float | None = None) -> ShownProgress:
    """Returns what is shown of an arrival. `speed`: bytes a second of late, where somebody has watched; otherwise the
    mean since it began is told."""
    title, lead = title_and_lead(standing)
    host = translated(standing.server) or (gettext("the other server") if standing.is_moving else gettext("an archive"))
    return ShownProgress(
        stage=standing.stage,
        title=str(title),
        lead=lead % {"host": host},
        percent=standing.percent,
        said=_said(standing, mean_speed(standing) if speed is None else speed),
        counts=_counts(standing),
        detail=_detail(standing),
    )


def redirect_address(standing: ArrivalStatus, logged_in: bool) -> str:
    """Returns where whoever waited goes when it has ended: to their pages, or to the report of what went wrong."""
    if not logged_in:
        path = reverse("account_login")
    elif standing.stage in WITH_REPORT and standing.import_id:
        path = reverse("import-report", args=[standing.import_id])
    elif standing.stage in (ArrivalStage.FAILED, ArrivalStage.STOPPED):
        path = reverse("move")  # nothing came of it
    else:
        path = reverse("home")
    return settings.WHARF_BASE_URL + path


def mean_speed(standing: ArrivalStatus) -> float | None:
    """Returns bytes a second since it began; None while that says nothing yet."""
    if standing.started_at is None:
        return None
    passed = timezone.now() - standing.started_at
    return standing.bytes_read / passed.total_seconds() if passed >= FIRST_SECONDS else None


def _said(standing: ArrivalStatus, speed: float | None) -> str:
    """Returns the line below the bar, which a screen reader reads out; empty where nothing is waited for."""
    if standing.stage in (ArrivalStage.PREPARING, ArrivalStage.COMPARING):
        return gettext("This can take a while.")
    if standing.stage != ArrivalStage.ARRIVING:
        return ""
    if not standing.bytes_read:
        return gettext("It begins.") if standing.has_begun else gettext("It waits for its turn.")
    read, expected = standing.bytes_read, standing.bytes_expected
    left = max(0, expected - read)
    sizes = {"read": human_size(read), "expected": human_size(expected), "left": human_size(left)}
    said = [(gettext("%(read)s of %(expected)s") if expected else gettext("%(read)s so far")) % sizes]
    if speed:
        said.append(gettext("%(speed)s a second") % {"speed": human_size(round(speed))})
    if speed and left:
        said.append(_time_left(left / speed))
    elif left:
        said.append(gettext("%(left)s left") % sizes)
    return ", ".join(said)


def _time_left(seconds: float) -> str:
    """Returns about how long it takes, as people say it."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    days = round(hours / 24)
    if seconds < 50:
        return gettext("less than a minute left")
    if minutes < 90:
        left = ngettext("about %(minutes)s minute left", "about %(minutes)s minutes left", minutes)
    elif hours < 48:
        left = ngettext("about %(hours)s hour left", "about %(hours)s hours left", hours)
    else:
        left = ngettext("about %(days)s day left", "about %(days)s days left", days)
    return left % {"minutes": minutes, "hours": hours, "days": days}


def _counts(standing: ArrivalStatus) -> list[Count]:
    if standing.stage in (ArrivalStage.NOTHING, ArrivalStage.PREPARING):
        return []
    kinds = words_of_doctypes()
    known = [(standing.doctypes.get(doctype, 0), one, many) for doctype, (one, many) in kinds.items()]
    other = sum(number for doctype, number in standing.doctypes.items() if doctype not in kinds)
    counts = [Count(thousands(number), ngettext(str(one), str(many), number)) for number, one, many in known if number]
    if other:
        counts.append(Count(thousands(other), ngettext("other thing", "other things", other)))
    return counts


def _detail(standing: ArrivalStatus) -> str:
    """Returns which archive it is at, how many bytes of files came, and what could not be placed."""
    said = []
    if standing.stage == ArrivalStage.ARRIVING and standing.waiting_for:
        said.append(translated(standing.waiting_for))
    if standing.stage == ArrivalStage.ARRIVING and standing.parts > 1:
        at = min(standing.parts_done + 1, standing.parts)
        said.append(gettext("Archive %(at)s of %(parts)s.") % {"at": at, "parts": standing.parts})
    if standing.files_count and standing.stage != ArrivalStage.PREPARING:
        came = ngettext(
            "%(files)s file of %(size)s in all came whole.",
            "%(files)s files of %(size)s in all came whole.",
            standing.files_count,
        )
        said.append(came % {"files": thousands(standing.files_count), "size": human_size(standing.files_size)})
    if standing.missing:
        missing = ngettext(
            "%(entries)s thing is missing.",
            "%(entries)s things are missing.",
            standing.missing,
        )
        said.append(missing % {"entries": thousands(standing.missing)})
    if standing.reported:
        reported = ngettext(
            "%(entries)s entry was not simply placed; the report says which, and why.",
            "%(entries)s entries were not simply placed; the report says which, and why.",
            standing.reported,
        )
        said.append(reported % {"entries": thousands(standing.reported)})
    return " ".join(said)
