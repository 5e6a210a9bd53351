"""Due moments: the rule of a job, and the newest moment that was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zlib import crc32

from notices.hours import ZONE

LOOK_BACK = timedelta(days=8)
_EPOCH = datetime(2026, 1, 1, tzinfo=ZONE)


class Rule(Protocol):
    """When something is due; notices.cron.CronLine is one."""

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one."""

    def last_until(self, moment: datetime) -> datetime:
        """The last due moment that is not after this one."""


class Every(NamedTuple):
    """Every so many minutes, counted from one fixed moment, so that all schedulers see the same ones."""

    minutes: int

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one."""
        return self.last_until(moment) + timedelta(minutes=self.minutes)

    def last_until(self, moment: datetime) -> datetime:
        """The last due moment that is not after this one."""
        step = timedelta(minutes=self.minutes)
        return _EPOCH + (moment - _EPOCH) // step * step


def newest_due(rule: Rule, last: datetime | None, now: datetime) -> datetime | None:
    """The newest moment in (last, now] at which the rule is due; None when it is not due.

    Several missed moments make one late run. Without an earlier tick the look-back is bounded, and a rule that
    was not due within that time is due today: a new source is crawled at once.
    """
    if last is not None and last > now + LOOK_BACK:
        last = None  # taken while the clock was far ahead: it would keep the job from running until then
    due = rule.last_until(now)
    if due > (last or now - LOOK_BACK):
        return due
    return None if last is not None else now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def jitter(job: str, due: datetime, seconds: float) -> float:
    """How many seconds after its moment a job begins: always the same for one job and moment, below `seconds`.

    A hundred sources of one cron line must not begin in one second.
    """
    return crc32(f"{job} {due.astimezone(UTC):%Y%m%dT%H%M}".encode()) / 2**32 * seconds
