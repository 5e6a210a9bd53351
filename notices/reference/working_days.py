"""Working days of offices in China: weekdays without public holidays, and the weekends that are worked in exchange.

The State Council announces those of a year in the November before. Where they are not known, every weekday is taken for a working day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from notices.hours import ZONE
from notices.text.language import _

# 国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号); 2027 was not announced to this release.
_OFF = "2026-01-01..2026-01-03 2026-02-15..2026-02-23 2026-04-04..2026-04-06 2026-05-01..2026-05-05 2026-06-19..2026-06-21 2026-09-25..2026-09-27 2026-10-01..2026-10-07"
_WORKED = "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
_LONGEST = 30  # days of one holiday
_AT = re.compile(r"@workdays\s+([01]\d|2[0-3]):([0-5]\d)")


class WorkingDays(NamedTuple):
    """The days off beside weekends, and the weekends that are worked."""

    off: frozenset[date]
    worked: frozenset[date]

    def includes(self, day: date) -> bool:
        """Whether offices work that day."""
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def knows(self, year: int) -> bool:
        """Whether the holidays of that year are known."""
        return any(day.year == year for day in self.off)


def working_days(off: str = "", worked: str = "") -> WorkingDays:
    """What this release knows, and the days of the settings days_off and days_worked. Raises ValueError."""
    return WorkingDays(frozenset(read_days(f"{_OFF} {off}")), frozenset(read_days(f"{_WORKED} {worked}")))


def read_days(text: str) -> Iterator[date]:
    """Days such as "2027-02-05..2027-02-11 2027-05-01". Raises ValueError naming the part that cannot be read."""
    for part in filter(None, re.split(r"[,;，；\s]+", text)):
        first, _dots, last = part.partition("..")
        try:
            begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError as error:
            raise ValueError(_("{part!r} is not a day or a span of days such as 2027-02-05..2027-02-11").format(part=part)) from error
        if not 0 <= (end - begin).days < _LONGEST:
            raise ValueError(_("{part!r} is not a span of at most {most} days").format(part=part, most=_LONGEST))
        yield from (begin + timedelta(days=n) for n in range((end - begin).days + 1))


class OnWorkingDays(NamedTuple):
    """A time of each working day, as a rule of due moments."""

    at: time
    days: WorkingDays

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one."""
        local = moment.astimezone(ZONE)
        day = local.date() if local.time() < self.at else local.date() + timedelta(days=1)
        while not self.days.includes(day):
            day += timedelta(days=1)
        return datetime.combine(day, self.at, ZONE)


def on_working_days(text: str, days: WorkingDays) -> OnWorkingDays | None:
    """The rule that a text such as "@workdays 08:30" names; None for any other text. Raises ValueError for one that only begins so."""
    if not text.startswith("@"):
        return None
    found = _AT.fullmatch(text.strip())
    if found is None:
        raise ValueError(_("it must be a cron line or, for working days, such as @workdays 08:30"))
    return OnWorkingDays(time(int(found[1]), int(found[2])), days)
