"""Cron lines as cron reads them, in the time zone of the archive: 0 and 7 are Sunday, a day of the month OR a weekday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from notices.hours import ZONE
from notices.text.language import _

_START = datetime(2026, 1, 1, tzinfo=UTC)
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class CronLine:
    """Five fields: minute, hour, day of the month, month, weekday. Raises ValueError for what cron would not run, or would never run."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text.split()) != _FIELDS:
            raise ValueError(
                _("it has {count} fields; five are needed: minute hour day-of-month month weekday").format(count=len(self.text.split()))
            )
        try:
            next(CronSim(self.text, _START))
        except CronSimError as error:
            raise ValueError(str(error).lower()) from error
        except StopIteration as error:
            raise ValueError(_("it never comes: no month has that day")) from error

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one."""
        return next(CronSim(self.text, moment.astimezone(ZONE)))

    def last_until(self, moment: datetime) -> datetime:
        """The last due moment that is not after this one."""
        return next(CronSim(self.text, moment.astimezone(ZONE) + timedelta(seconds=1), reverse=True))
