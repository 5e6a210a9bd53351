"""The moments ahead: what the clock will begin within the next hours, and what waits and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine

from notices.config import Config
from notices.text.language import _
from operations.schedule.due import newest_due
from operations.schedule.holds import hold_on
from operations.schedule.jobs import Job, read_schedule
from pipeline.sql.runs import last_tick

_MOST_EACH = 1000


class Moment(NamedTuple):
    """When a job begins. `reason` says why it waits now, and `at` is then when that ends; None: not before somebody resumes it."""

    job: str
    at: datetime | None
    reason: str


def upcoming(config: Config, database: Engine, now: datetime, within: timedelta) -> list[Moment]:
    """The moments of all jobs up to now + within, by time; jobs that wait without an end come last."""
    moments = [moment for job in read_schedule(config).jobs for moment in _moments(job, config, database, now, now + within)]
    return sorted(moments, key=lambda m: (m.at is None, m.at or now, m.job))


def _moments(job: Job, config: Config, database: Engine, now: datetime, end: datetime) -> list[Moment]:
    held = hold_on(job, config, database, now)
    if held and held.until is None:
        return [Moment(job.name, None, held.reason)]
    found = []
    begin = held.until if held and held.until else now
    if newest_due(job.rule, last_tick(database, job.name, begin), begin) is not None:
        found.append(Moment(job.name, begin, held.reason if held else _("due now")))
    at = job.rule.next_after(begin)
    while at <= end and len(found) < _MOST_EACH:
        found.append(Moment(job.name, at, ""))
        at = job.rule.next_after(at)
    return [moment for moment in found if moment.at is not None and moment.at <= end]
