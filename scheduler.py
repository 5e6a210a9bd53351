"""The clock: runs each source by its cron line and drains the index; every tick is recorded in SQL."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from crawler.source import survey_sources
from notices.config import Config, load_config
from notices.errors import ArchiveLocked, NoticesError
from notices.text.display import safe
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import finish_tick, last_tick, reclaim_tick, take_tick

ZONE = ZoneInfo("Asia/Shanghai")
LOOK_BACK = timedelta(days=8)
EPOCH = datetime(2026, 1, 1, tzinfo=ZONE)
STOP_SECONDS = 120.0
SOURCE_FAILED = 3

log = logging.getLogger("scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """Work with a schedule: its name in SQL, its trigger, and the `notices` verb that does it."""

    name: str
    trigger: BaseTrigger
    verb: tuple[str, ...]


@dataclass(slots=True)
class Clock:
    """A running scheduler: its database, its child processes, and whether it was asked to stop."""

    config: Config
    database: Engine
    children: set[asyncio.subprocess.Process] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    codes: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The jobs, and how many source files are not valid."""

    jobs: list[Job]
    bad_files: int


def read_schedule(config: Config) -> Schedule:
    """A job for every enabled source and one for the index. A source file that is not valid is logged; the others are scheduled."""
    survey = survey_sources(config.sources_dir)
    for problem in survey.problems:
        log.error("not scheduled: %s", safe(problem))
    enabled = [source for source, _ in survey.found.values() if source.enabled]
    crawls = [Job(f"crawl:{s.name}", CronTrigger.from_crontab(s.schedule, timezone=ZONE), ("crawl", s.name)) for s in enabled]
    every = IntervalTrigger(minutes=config.drain_minutes, start_date=EPOCH, timezone=ZONE)
    return Schedule([*crawls, Job("index", every, ("index",))], len(survey.problems))


def newest_due(trigger: BaseTrigger, last: datetime | None, now: datetime) -> datetime | None:
    """The newest moment in (last, now] at which the trigger is due; None when it is not due.

    Several missed moments make one late run. Without an earlier tick the look-back is bounded, and a trigger that
    was not due within that time is due today: a new source is crawled at once.
    """
    if last is not None and last > now + LOOK_BACK:
        last = None  # taken while the clock was far ahead: it would keep the job from running until then
    start = max(last or now - LOOK_BACK, now - LOOK_BACK)
    found: datetime | None = None
    at = trigger.get_next_fire_time(None, start + timedelta(microseconds=1))
    while at is not None and at <= now:
        found = at
        at = trigger.get_next_fire_time(at, at + timedelta(microseconds=1))
    if found is None and last is None:
        return now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return found


async def run_if_due(clock: Clock, job: Job) -> None:
    """Take the job's newest due tick, unless another scheduler has it, and do its work to the end."""
    try:
        with hold(clock.config.locks_dir, f"job-{job.name.replace(':', '-')}"):
            await _run_locked(clock, job)
    except ArchiveLocked:
        log.info("%s: another scheduler is running it", job.name)


async def _run_locked(clock: Clock, job: Job) -> None:
    # Under the job's lock, a tick that is still "running" was left by a scheduler that died: it runs again.
    tick = None if clock.stopping.is_set() else reclaim_tick(clock.database, job.name) or _take(clock, job)
    if tick is None:
        return
    code = await _run_verb(clock, job)
    clock.codes.append(code)
    finish_tick(clock.database, tick, "stopped" if clock.stopping.is_set() else f"exit {code}")
    log.info("%s: exit %d", job.name, code)


def _take(clock: Clock, job: Job) -> int | None:
    due = newest_due(job.trigger, last_tick(clock.database, job.name), datetime.now(UTC))
    return None if due is None else take_tick(clock.database, job.name, due.astimezone(UTC))


async def _run_verb(clock: Clock, job: Job) -> int:
    command = [sys.executable, "-P", "-m", "cli.main", *job.verb]  # -P: the current folder must not be searched for modules
    child = await asyncio.create_subprocess_exec(*command, start_new_session=True, stdin=asyncio.subprocess.DEVNULL, stdout=sys.stderr)
    clock.children.add(child)
    try:
        return await child.wait()
    finally:
        clock.children.discard(child)


async def run_once(config: Config) -> int:
    """Run everything that is due now, one job after another; return 0, or 3 when a source failed or its file is not valid, or the worst exit code."""
    clock = Clock(config, open_database(config))
    _stop_on_signals(clock)
    schedule = read_schedule(config)
    clock.codes += [SOURCE_FAILED] * bool(schedule.bad_files)
    for job in schedule.jobs:
        await run_if_due(clock, job)
    clock.database.dispose()
    return max(clock.codes, default=0)


async def run_forever(config: Config) -> int:
    """Run jobs when they are due until a signal; then let running crawls finish their page. Returns 0."""
    clock = Clock(config, open_database(config))
    scheduler = AsyncIOScheduler(timezone=ZONE)
    for job in read_schedule(config).jobs:
        # Missed moments become one late run; a job that is still running is not started twice.
        scheduler.add_job(
            *(_tracked, job.trigger),
            args=(clock, job),
            id=job.name,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            next_run_time=datetime.now(ZONE),
        )
    _stop_on_signals(clock)
    scheduler.start()
    log.info("scheduling %d jobs", len(scheduler.get_jobs()))
    await clock.stopping.wait()
    scheduler.shutdown(wait=False)
    if clock.tasks:
        await asyncio.wait(clock.tasks, timeout=STOP_SECONDS)
    clock.database.dispose()
    return 0


async def _tracked(clock: Clock, job: Job) -> None:
    """Run a job as a task of our own: APScheduler's shutdown does not wait for coroutines."""
    task = asyncio.create_task(run_if_due(clock, job))
    clock.tasks.add(task)
    task.add_done_callback(clock.tasks.discard)
    with suppress(asyncio.CancelledError):  # of APScheduler when it stops; run_forever waits for the task
        await asyncio.shield(task)


def _stop_on_signals(clock: Clock) -> None:
    def stop() -> None:
        clock.stopping.set()
        for child in clock.children:
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def main(argv: Sequence[str] | None = None) -> int:
    """`python scheduler.py [--once]`: 0 stopped or done, 2 configuration, 3 a source failed, 5 disk full."""
    parser = argparse.ArgumentParser("scheduler.py", description="Run every source's schedule and keep the index up to date.")
    parser.add_argument("--once", action="store_true", help="run everything that is due now, then exit")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        return run(load_config(os.environ), once=args.once)
    except NoticesError as error:
        print(f"scheduler: {error}", file=sys.stderr)
        return error.exit_code


def run(config: Config, *, once: bool) -> int:
    """Run due jobs once, or until a signal; return the exit code."""
    return asyncio.run(run_once(config) if once else run_forever(config))


if __name__ == "__main__":
    sys.exit(main())
