"""The clock: begins every job when it is due, once, whoever runs it; every tick is recorded in SQL.

What the jobs are, when they are due and why one waits: operations/schedule.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from notices.config import Config, load_config
from notices.errors import ArchiveLocked, NoticesError
from notices.hours import ZONE
from notices.text.display import safe
from notices.text.language import _, language_of, language_of_locale, use
from operations.log_lines import formatter
from operations.queue.board import enqueue, is_shared
from operations.schedule.due import Rule, jitter, newest_due
from operations.schedule.holds import hold_on
from operations.schedule.jobs import Job, Schedule, read_schedule, state_of_files
from operations.schedule.logs import job_log, own_log
from operations.schedule.processes import Processes
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import OpenTick, finish_tick, last_tick, open_ticks, reclaim_tick, take_tick, tick_taken_at

STOP_SECONDS = 120.0
LOOK_SECONDS = 20.0  # how soon new source files, pauses that ended and clocks that were set are noticed
SET = timedelta(minutes=1)  # a clock that differs by more was set
SOURCE_FAILED = 3

log = logging.getLogger("scheduler")


class RuleTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A job's rule as APScheduler asks it."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first due moment after now, or after the one before."""
        return self.rule.next_after(max(previous_fire_time or now, now))


@dataclass(slots=True)
class Clock:
    """A running scheduler: its archive, its child processes, what waits and why, and whether it was asked to stop."""

    config: Config
    database: Engine
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: float = 0.0
    processes: Processes = field(init=False)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    read: Schedule = field(default_factory=lambda: Schedule((), ()))
    read_from: object = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    codes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processes = Processes(self.config, log)

    def jobs(self) -> tuple[Job, ...]:
        """The jobs as the files are now. A source file that is not valid is logged once; the others are scheduled."""
        if (files := state_of_files(self.config)) != self.read_from:
            schedule = read_schedule(self.config)
            for problem in schedule.problems:
                if problem not in self.read.problems:
                    log.error("not scheduled: %s", safe(problem))
            self.read, self.read_from = schedule, files
        return self.read.jobs


async def run_if_due(clock: Clock, job: Job) -> None:
    """Take the job's newest due tick, unless it must wait or another scheduler has it, and do its work to the end."""
    try:
        with hold(clock.config.locks_dir, f"job-{job.name.replace(':', '-')}"):
            await _run_locked(clock, job)
    except ArchiveLocked:
        log.info("%s: another scheduler is running it", job.name)
    except NoticesError as error:
        log.error("%s: %s", job.name, safe(str(error)))
        clock.codes.append(error.exit_code)


async def _run_locked(clock: Clock, job: Job) -> None:
    now = clock.now()
    due = newest_due(job.rule, last_tick(clock.database, job.name, now), now)
    if clock.stopping.is_set() or _must_wait(clock, job, now):
        return
    if is_shared(clock.config):
        await _enqueue(clock, job, due)
        return
    # Under the job's lock, a tick that is still "running" was left by a scheduler that died: it runs again.
    tick = reclaim_tick(clock.database, job.name)
    if tick is None and due is not None:
        await _spread(clock, job, due)
        tick = None if clock.stopping.is_set() else take_tick(clock.database, job.name, due.astimezone(UTC), now)
    if tick is None:
        return
    code = await clock.processes.run(job, job_log(clock.config, job.name, tick_taken_at(clock.database, tick)), clock.now())
    clock.codes.append(code)
    finish_tick(clock.database, tick, "stopped" if clock.stopping.is_set() else f"exit {code}")
    log.info("%s: exit %d", job.name, code)
    clock.processes.tidy(job, code, clock.now())


async def _enqueue(clock: Clock, job: Job, due: datetime | None) -> None:
    """Take the job's newest due tick and give it to the workers; while they have an earlier one, that is done first."""
    if due is None or any(tick.job == job.name for tick in open_ticks(clock.database)):
        return
    await _spread(clock, job, due)
    now = clock.now()
    tick = None if clock.stopping.is_set() else take_tick(clock.database, job.name, due.astimezone(UTC), now)
    if tick is not None:
        enqueue(clock.config, OpenTick(tick, job.name, now))
        log.info("%s: given to the workers", job.name)


def _must_wait(clock: Clock, job: Job, now: datetime) -> bool:
    """Whether something keeps the job from running; said once for each reason."""
    held = hold_on(job, clock.config, clock.database, now)
    if held is None:
        clock.waiting.pop(job.name, None)
        return False
    until = f" until {held.until.astimezone(ZONE):%Y-%m-%d %H:%M}" if held.until else ""
    if clock.waiting.get(job.name) != held.reason:
        log.info("%s waits%s: %s", job.name, until, held.reason)
    clock.waiting[job.name] = held.reason
    return True


async def _spread(clock: Clock, job: Job, due: datetime) -> None:
    """Wait the job's own few seconds, or until the clock is stopped."""
    with suppress(TimeoutError):
        await asyncio.wait_for(clock.stopping.wait(), jitter(job.name, due, clock.jitter))


async def run_once(clock: Clock) -> int:
    """Run everything that is due now, one job after another; return 0, or 3 when a source failed or its file is not valid, or the worst exit code."""
    _stop_on_signals(clock)
    jobs = clock.jobs()
    clock.codes += [SOURCE_FAILED] * bool(clock.read.problems)
    for job in jobs:
        await run_if_due(clock, job)
    return max(clock.codes, default=0)


async def run_forever(clock: Clock) -> int:
    """Run jobs when they are due until a signal; then let running crawls finish their page. Returns 0."""
    scheduler = AsyncIOScheduler(timezone=ZONE)
    _stop_on_signals(clock)
    scheduler.start()
    _plan(scheduler, clock, afresh=True)
    log.info("scheduling %d jobs", len(scheduler.get_jobs()))
    await _look_until_stopped(scheduler, clock)
    scheduler.shutdown(wait=False)
    if clock.tasks:
        await asyncio.wait(clock.tasks.values(), timeout=STOP_SECONDS)
    return 0


async def _look_until_stopped(scheduler: AsyncIOScheduler, clock: Clock) -> None:
    """Look again and again at the files and at the clock.

    By the monotonic clock: APScheduler sleeps until its next moment, as far away as that was when it fell asleep. A clock that is set back by a
    day would leave it asleep for that day, and one that is set forward would make it late.
    """
    seen, looked = clock.now(), time.monotonic()
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(clock.stopping.wait(), LOOK_SECONDS)
        if clock.stopping.is_set():
            return
        before = seen + timedelta(seconds=time.monotonic() - looked)
        seen, looked = clock.now(), time.monotonic()
        try:
            _plan(scheduler, clock, afresh=seen < before - SET)
        except Exception:
            log.exception("the schedule could not be read again")
        if abs(seen - before) > SET:
            log.warning(
                "the clock moved by %+.0f s more than has passed: it was set, or the machine slept", (seen - before).total_seconds()
            )
            scheduler.wakeup()


def _plan(scheduler: AsyncIOScheduler, clock: Clock, *, afresh: bool) -> None:
    """Bring APScheduler's jobs in line with the files; `afresh` after a start and after the clock was set back. What waited is tried again."""
    jobs = {job.name: job for job in clock.jobs()}
    planned = {entry.id: entry for entry in scheduler.get_jobs()}
    for name in planned.keys() - jobs.keys():
        scheduler.remove_job(name)
        log.info("%s: no longer scheduled", name)
    for name, job in jobs.items():
        known: Any = planned.get(name)
        if afresh or known is None or known.args[1] != job:
            # Missed moments become one late run; a job that is still running is not started twice.
            options = {"args": (clock, job), "id": name, "misfire_grace_time": None, "coalesce": True, "max_instances": 1}
            scheduler.add_job(_start, RuleTrigger(job.rule), replace_existing=True, next_run_time=datetime.now(ZONE), **options)
        elif name in clock.waiting:
            _begin(clock, job)


async def _start(clock: Clock, job: Job) -> None:
    _begin(clock, job)


def _begin(clock: Clock, job: Job) -> None:
    """Run a job as a task of our own: APScheduler's shutdown does not wait for coroutines, and cancels them."""
    if job.name not in clock.tasks:
        task = clock.tasks[job.name] = asyncio.create_task(run_if_due(clock, job))
        task.add_done_callback(lambda _: clock.tasks.pop(job.name, None))


def _stop_on_signals(clock: Clock) -> None:
    def stop() -> None:
        clock.stopping.set()
        clock.processes.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def main(argv: Sequence[str] | None = None) -> int:
    """`python scheduler.py [--once]`: 0 stopped or done, 2 configuration, 3 a source failed, 5 disk full."""
    use(language_of(os.environ.get("NOTICES_LANG", "")) or language_of_locale(os.environ))
    parser = argparse.ArgumentParser("scheduler.py", description=_("Run every source's schedule and keep the index up to date."))
    parser.add_argument("--once", action="store_true", help=_("run everything that is due now, then exit"))
    args = parser.parse_args(argv)
    try:
        return run(load_config(os.environ), once=args.once)
    except NoticesError as error:
        print(f"scheduler: {error}", file=sys.stderr)
        return error.exit_code


def run(config: Config, *, once: bool) -> int:
    """Run due jobs once, or until a signal; return the exit code. The log goes to stderr and into the archive."""
    is_shared(config)  # raises for a queue that cannot be used
    database = open_database(config)
    root, stderr = logging.getLogger(), logging.StreamHandler()
    stderr.setFormatter(formatter(config.log_format))
    root.handlers[:] = [stderr, own_log(config)]
    log.setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    clock = Clock(config, database, jitter=0.0 if once else config.jitter_seconds)
    try:
        return asyncio.run(run_once(clock) if once else run_forever(clock))
    finally:
        database.dispose()
        for handler in root.handlers:
            handler.close()


if __name__ == "__main__":
    sys.exit(main())
