"""A worker: takes ticks from the queue, runs each as a process, and notes how it ended. Any number of them, on any machine that has the archive's home."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from notices.config import Config
from notices.errors import NoticesError
from notices.text.display import safe
from operations.queue.board import BEATS, HEARTBEAT, QUEUE, TASK, open_queue, queue_errors, reap
from operations.schedule.jobs import Job, read_schedule
from operations.schedule.logs import job_log
from operations.schedule.processes import Processes
from pipeline.sql.database import open_database
from pipeline.sql.runs import finish_tick, open_ticks

if TYPE_CHECKING:
    from procrastinate import App

_HELD, _NO_JOB = 6, "its source or setting is gone"
_PR_SET_PDEATHSIG = 1
_AGAIN = 5.0  # seconds until a server that was away is tried again

log = logging.getLogger("worker")


@dataclass(slots=True)
class Worker:
    """A running worker: its archive, how often it says that it lives, its processes, and whether it was asked to stop."""

    config: Config
    database: Engine
    jobs: int
    heartbeat: float = HEARTBEAT
    processes: Processes = field(init=False)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.processes = Processes(self.config, log, _tell_of, _end_with_worker)

    def stop(self) -> None:
        """Take no more work; running crawls finish their page, and their ticks go to other workers."""
        self.stopping.set()
        self.processes.stop()


def work(config: Config, jobs: int, heartbeat: float = HEARTBEAT) -> int:
    """Work until a signal; 0. Raises ConfigError for a queue that cannot be used, ServerAway when it cannot be reached at the start."""
    app = open_queue(config)
    database = open_database(config)
    try:
        return asyncio.run(_work(app, Worker(config, database, jobs, heartbeat)))
    finally:
        database.dispose()


async def _work(app: App, worker: Worker) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, worker.stop)

    async def run_tick(tick: int) -> None:
        await _run_tick(worker, tick)

    app.task(name=TASK, queue=QUEUE)(run_tick)
    log.info("working, %d jobs at a time", worker.jobs)
    while not worker.stopping.is_set():
        try:
            with queue_errors(worker.config):
                async with app.open_async():
                    await _until_stopped(app, worker)
        except Exception as error:  # whatever the queue's library makes of a server that is away: it is tried again
            log.error("the queue: %s", safe(str(error) or type(error).__name__))
            await _pause(worker, _AGAIN)
    log.info("stopped")
    return 0


async def _until_stopped(app: App, worker: Worker) -> None:
    options = {
        "concurrency": worker.jobs,
        "update_heartbeat_interval": worker.heartbeat / BEATS,
        "stalled_worker_timeout": 2 * worker.heartbeat,
    }
    running = asyncio.ensure_future(
        app.run_worker_async(queues=[QUEUE], install_signal_handlers=False, fetch_job_polling_interval=worker.heartbeat, **options)
    )
    stopped, reaping = (asyncio.ensure_future(each) for each in (worker.stopping.wait(), _reap_for_ever(app, worker)))
    try:
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        reaping.cancel()
        stopped.cancel()
        if not running.done():
            running.cancel()  # it takes no more jobs, and ends when those under way have ended
        with suppress(asyncio.CancelledError):
            await running


async def _reap_for_ever(app: App, worker: Worker) -> None:
    while True:
        try:
            await reap(app, worker.config, worker.database, worker.heartbeat)
        except Exception as error:  # a server that is away: the next look
            log.error("looking for lost jobs: %s", safe(str(error) or type(error).__name__))
        await asyncio.sleep(worker.heartbeat / BEATS)


async def _pause(worker: Worker, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(worker.stopping.wait(), seconds)


async def _run_tick(worker: Worker, ident: int) -> None:
    """Run the tick's job and note its end. What was stopped, or found another run at it, stays under way: it gets a new job."""
    tick = next((each for each in open_ticks(worker.database) if each.id == ident), None)
    if tick is None or worker.stopping.is_set():
        return
    job = next((each for each in read_schedule(worker.config).jobs if each.name == tick.job), None)
    if job is None:
        finish_tick(worker.database, ident, "exit 2")
        log.error("%s: %s", tick.job, _NO_JOB)
        return
    try:
        code = await worker.processes.run(job, job_log(worker.config, job.name, tick.taken_at), datetime.now(UTC))
    except NoticesError as error:  # its log cannot be written
        log.error("%s: %s", job.name, safe(str(error)))
        code = error.exit_code
    if worker.stopping.is_set() or (code == _HELD and datetime.now(UTC) - tick.taken_at < timedelta(minutes=job.minutes)):
        log.info("%s: exit %d, left to another worker", job.name, code)
        await _pause(worker, 1.0)
        return
    finish_tick(worker.database, ident, f"exit {code}")
    log.info("%s: exit %d", job.name, code)
    worker.processes.tidy(job, code, datetime.now(UTC))


def _tell_of(job: Job, number: int) -> None:
    log.info("%s began, process %d", job.name, number)


def _end_with_worker() -> None:
    """Have the kernel tell the process to stop when its worker dies: its tick is somebody else's then."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
