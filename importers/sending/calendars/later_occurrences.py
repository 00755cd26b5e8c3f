"""What becomes of a series from an occurrence on that changes all later ones, too (RFC 5545, section 3.2.13)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from importers.sending.calendars.series_rule import MOST_LISTED, Rest, SeriesRule, least_before
from importers.sending.calendars.times import IcsTime


@dataclass(frozen=True)
class LaterOccurrences:
    """Where a series goes on changed. `start`: of the whole series; `begins`: the occurrence as it was, `moved`: as it
    is; `ends`: the next one from which on it is changed again, as it was."""

    start: IcsTime
    begins: IcsTime
    moved: IcsTime
    ends: IcsTime | None = None

    def lines(self, rules: list[str], dates: Iterable[IcsTime], left_out: Iterable[IcsTime]) -> list[str] | None:
        """Returns the lines of the rest of a series, which begins at `moved`: none where that is the last one, None
        where no lines say what takes place. `rules`: each RRULE and EXRULE of the whole; `dates`: its RDATEs;
        `left_out`: which occurrences have an event of their own, or none."""
        is_said = [isinstance(at.wall, datetime) for at in (self.start, self.begins, self.moved)]
        if len(set(is_said)) > 1:
            return None
        try:
            lines: list[str] = []
            for rule in rules:
                if (rest := self._rest(rule)) is None:
                    return None
                lines += rest
            lines += self._listed("RDATE", (here for here in self._later(dates) if here != self._begins))
            takes_place = any(line.startswith(("RRULE", "RDATE")) for line in lines)
            return [*lines, *self._listed("EXDATE", self._later(left_out))] if takes_place else []
        except (ValueError, OverflowError):  # a rule that is none, and the ends of time
            return None

    @property
    def _is_of_days(self) -> bool:
        return not isinstance(self.start.wall, datetime)

    @property
    def _begins(self) -> datetime:
        return self.begins.clock_in(self.start)

    @property
    def _ends(self) -> datetime | None:
        return self.ends.clock_in(self.start) if self.ends is not None else None

    @property
    def _there(self) -> datetime:
        """What the clock shows at the occurrence as it is."""
        return self.moved.clock_in(self.moved)

    def _rest(self, line: str) -> list[str] | None:
        """The lines of what is left of one rule."""
        rule = SeriesRule.read(line, self.start)
        rest = rule.rest(self._begins, self._ends) if rule is not None else None
        if rule is None or rest is None:
            return None
        if not rest.times:
            return [] if rest.are_all else None
        end = self._end(rule, rest)
        parts = rule.moved(self._begins, self._there, rest.times)
        if parts is not None and end is not None:
            return [f"{rule.name}:{';'.join(f'{name}={setting}' for name, setting in (parts | end).items())}"]
        if rest.are_all and len(rest.times) <= MOST_LISTED:
            return list(self._listed("RDATE" if rule.name == "RRULE" else "EXDATE", rest.times))
        return None

    def _end(self, rule: SeriesRule, rest: Rest) -> dict[str, str] | None:
        """The part that ends what is left of a rule; nothing where it has no end, None where none can be told.

        A count holds the first occurrence of a series, which programs count or not where it is none of the rule.
        """
        if "COUNT" not in rule.parts:
            ends = least_before(self._ends, is_day=self._is_of_days) if self._ends is not None else None
            until = min(filter(None, (rule.until, ends)), default=None)
            return {"UNTIL": self._moved(until)} if until is not None else {}
        if self._ends is None and rest.times[0] == self._begins:
            return {"COUNT": str(int(rule.parts["COUNT"]) - rest.before)}
        return {"UNTIL": self._moved(rest.times[-1])} if rest.are_all else None

    def _later(self, each: Iterable[IcsTime]) -> Iterator[datetime]:
        for at in each:
            here = at.clock_in(self.start)
            if here >= self._begins and (self._ends is None or here < self._ends):
                yield here

    def _listed(self, name: str, times: Iterable[datetime]) -> Iterator[str]:
        for said in dict.fromkeys(map(self._moved, times)):
            yield f"{name}{';VALUE=DATE' if self._is_of_days else ''}:{said}"

    @property
    def _shift(self) -> timedelta:
        """By how much the clock shows another time at what is changed."""
        return self._there - self._begins

    def _moved(self, here: datetime) -> str:
        """What was at this time, as a value of a line: it is moved by as much as the occurrence."""
        there = here + self._shift
        if self._is_of_days:
            return f"{there.year:04}{there:%m%d}"
        moment = there.replace(tzinfo=self.moved.zone).astimezone(UTC)
        return f"{moment.year:04}{moment:%m%dT%H%M%SZ}"
