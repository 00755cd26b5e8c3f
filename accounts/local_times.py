"""Times as a person's own clock shows them: on pages and in mails, in their zone."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext

from accounts import zone_cities
from accounts.dates import day_words
from accounts.models import User
from accounts.texts import Text


class LocalTimes:
    """Middleware, after the one that knows who is logged in: pages say times in the zone of whoever looks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Programs have no cookie, and nothing is asked for them.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        person = request.user if has_session else None
        with timezone.override(zone_of(person if isinstance(person, User) else None)):
            return self.get_response(request)


class WholeZone(ZoneInfo):
    """A zone in which every moment has a time: at either end of the calendar, where the zone's own would lie beyond it,
    that of UTC. What others name as a moment may be any."""

    def fromutc(self, dt: datetime) -> datetime:
        """Returns the time of a moment, which is in UTC but for its name."""
        try:
            return super().fromutc(dt)
        except OverflowError:
            return dt


def zone_of(user: User | None) -> ZoneInfo | None:
    """Returns the zone of a person; None, which stands for UTC, where it isn't known."""
    return WholeZone(user.time_zone) if user is not None and user.time_zone in known() else None


@cache
def known() -> frozenset[str]:
    """Returns the names of all zones of this system's IANA list."""
    return frozenset(available_timezones())


def todays(name: str) -> str:
    """Returns today's name of a zone, Asia/Kolkata of Asia/Calcutta, which browsers say, where this system has it."""
    found = zone_cities.todays(name)
    return found if found in known() else name


@cache
def offered(language: str) -> tuple[tuple[Text, tuple[tuple[str, str], ...]], ...]:
    """Returns the zones that people choose from, as groups of choices, each by its name in a language (`fr`): name of
    the region, then value and words of each zone."""
    groups: dict[str, list[tuple[str, str]]] = {region: [] for region in zone_cities.REGIONS}
    for name in known():
        region, _slash, place = name.partition("/")
        if place and region in groups and todays(name) == name:
            groups[region].append((name, zone_cities.city(name, language)))
    return tuple(
        (zone_cities.REGIONS[region], tuple(sorted(places, key=_by_letters))) for region, places in groups.items()
    )


def _by_letters(choice: tuple[str, str]) -> tuple[str, str]:
    """É stands among E."""
    zone, words = choice
    return "".join(
        one for one in unicodedata.normalize("NFKD", words.casefold()) if not unicodedata.combining(one)
    ), zone


def require_known(name: str) -> None:
    """Raises ValidationError for the name of no zone."""
    if name not in known():
        raise ValidationError(gettext("There is no time zone of this name."))


def day(at: datetime) -> str:
    """Returns "26 November 2026", in the zone and the language that are active."""
    return day_words(timezone.localtime(at))


def clock(at: datetime) -> str:
    """Returns "11:04 CET", in the zone that is active: its short name, or how far it is from UTC where it has none."""
    local = timezone.localtime(at)
    name, offset = local.tzname() or "UTC", f"{local:%z}"
    return f"{local:%H:%M} {name if name.isalpha() else f'UTC{offset[:3]}:{offset[3:]}'}"


def moment(at: datetime) -> str:
    """Returns "26 November 2026, 11:04 CET", in the zone and the language that are active."""
    return f"{day(at)}, {clock(at)}"
