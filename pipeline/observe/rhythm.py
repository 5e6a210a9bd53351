"""How often a source publishes, learned from its own dates; long public holidays do not count as silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

YEAR = 365  # days before the newest notice from which the rhythm is learned: one round of seasons and holidays
ENOUGH_GAPS = 10  # a source that publishes monthly has eleven a year; the first page of a busy one may show but a handful
LEAST_SILENCE = 7  # days; CourtListener reports a court without news for 7 days
UNKNOWN_SILENCE = 45  # days allowed while the rhythm is unknown; below the 64 days that such failures usually stay unnoticed
TIMES_MEDIAN = 3.0  # a source that publishes monthly may miss two months: holidays and reorganisations do that
TIMES_LONGEST = 1.5  # the longest silence of one year is exceeded by half in another

# Lunar New Year's Day. Offices close from its eve for eight days and say little on the days around them.
_NEW_YEARS = (
    (2018, 2, 16), (2019, 2, 5), (2020, 1, 25), (2021, 2, 12), (2022, 2, 1), (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17),
    (2027, 2, 6), (2028, 1, 26), (2029, 2, 13), (2030, 2, 3), (2031, 1, 23), (2032, 2, 11), (2033, 1, 31), (2034, 2, 19), (2035, 2, 8),
)  # fmt: skip
_FESTIVAL = frozenset(date(*day) + timedelta(days=n) for day in _NEW_YEARS for n in range(-2, 9))
_NATIONAL_DAYS = tuple((10, n) for n in range(1, 9))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days between publishing days, holidays left out: the median and the longest of a year. `usual` is None when there were too few."""

    usual: float | None
    longest: float | None

    @property
    def allowed(self) -> float:
        """Days of silence that are no reason to worry."""
        if self.usual is None:
            return max(UNKNOWN_SILENCE, TIMES_LONGEST * (self.longest or 0))
        return max(LEAST_SILENCE, TIMES_MEDIAN * self.usual, TIMES_LONGEST * (self.longest or 0))


def rhythm(published: Mapping[date, int], every_days: float | None = None) -> Rhythm:
    """The rhythm of the last year of these publishing days; `every_days`, a value that the maintainer gives, takes its place."""
    if every_days is not None:
        return Rhythm(every_days, None)
    days = sorted(published)
    days = [day for day in days if day >= days[-1] - timedelta(days=YEAR)]
    gaps = [silence(one, other) for one, other in pairwise(days)]
    return Rhythm(median(gaps) if len(gaps) >= ENOUGH_GAPS else None, max(gaps, default=None))


def silence(since: date, today: date) -> int:
    """Days after `since` up to today, long public holidays left out; 0 when today is not later."""
    days = max(0, (today - since).days)
    return sum(not is_holiday(since + timedelta(days=n)) for n in range(1, days + 1))


def is_holiday(day: date) -> bool:
    """Whether offices publish little that day: around the lunar New Year (2018 to 2035) and on 1 to 8 October."""
    return day in _FESTIVAL or (day.month, day.day) in _NATIONAL_DAYS
