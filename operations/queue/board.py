"""The queue: Procrastinate's tables in PostgreSQL. It only carries work: the ticks in SQL say which is due, under way and done.

So a job that is lost costs nothing: every tick that is "running" without a job gets one again. And a job too many does no harm: it finds its tick done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from crawler.source import find_source
from notices.config import Config
from notices.errors import ConfigError, ServerAway, SourceFileError, UnknownName
from notices.text.language import _
from pipeline.sql.postgresql import BACKEND, shown_address, translated
from pipeline.sql.runs import OpenTick, open_ticks

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job, JobDeferrer

QUEUE, TASK = "notices", "notices.tick"
HEARTBEAT = 10.0  # seconds; what a dead worker held is taken up again within two
BEATS = 4  # so often in a heartbeat a worker says that it lives, and looks for those that do not
_SILENT = 1.25  # heartbeats; whoever said nothing for so long is dead. One that only was slow still has its locks: its job, given again, waits for them
_PRIORITIES = {"watch": 30, "report": 30, "index": 20, "verify": -10, "upload": -10, "backup": -10}
"""A crawl has 0: what makes notices found and told of goes before it, what takes hours after it."""
_TABLES, _LOCK = "procrastinate_jobs", 7_304_215
_QUIET = ("procrastinate", "psycopg.pool")

log = logging.getLogger(__name__)


def is_shared(config: Config) -> bool:
    """Whether the archive's work is done by workers. Raises ConfigError for a queue beside a database that they cannot share."""
    if not config.queue.startswith(BACKEND):
        return False
    if not config.database.startswith(BACKEND):
        raise ConfigError(_("queue: workers need a database that they can share: set database to one of PostgreSQL too"))
    return True


def address(config: Config) -> str:
    """The queue's address for libpq. Raises ConfigError without one."""
    if not is_shared(config):
        raise ConfigError(_("queue: there are no workers with local:; set it to postgresql://… (docs/cluster.md)"))
    try:
        return make_url(config.queue).set(drivername=BACKEND).render_as_string(hide_password=False)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(_("queue: {address!r} is not the address of a database").format(address=config.queue.split("@")[-1])) from error


def open_queue(config: Config) -> App:
    """The queue, not yet connected; its tables are made where they are missing. Raises ConfigError or ServerAway."""
    conninfo = address(config)
    where = shown_address(make_url(conninfo))
    try:
        import procrastinate  # of the extra workers: only a shared queue loads it
        import psycopg  # as above
    except ImportError as error:
        raise ConfigError(
            _("queue: PostgreSQL needs the extra workers: pip install 'notices-archive[workers]' ({error})").format(error=error)
        ) from error
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=6, timeout=20.0))
    try:
        with psycopg.connect(conninfo, connect_timeout=10, application_name="notices") as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            found = connection.execute("SELECT to_regclass(%s)", (_TABLES,)).fetchone()
            if found is None or found[0] is None:
                connection.execute(app.schema_manager.get_schema())
    except psycopg.Error as error:
        raise translated(error, where) from error
    return app


@contextmanager
def queue_errors(config: Config) -> Iterator[None]:
    """Translate what the queue's library raises: it cannot be reached."""
    from procrastinate.exceptions import ConnectorException  # of the extra workers

    try:
        yield
    except ConnectorException as error:
        told = _("the queue {where} cannot be reached now; nothing is lost, try again later: {message}")
        raise ServerAway(told.format(where=shown_address(make_url(config.queue)), message=error.__cause__ or error)) from error


def enqueue(config: Config, tick: OpenTick) -> None:
    """Give a tick to the workers. Raises ServerAway; then a worker gives it to them, as soon as one can read the queue."""
    app = open_queue(config).with_connector(_sync_connector(config))
    with queue_errors(config), app.open():
        _job_of(app, config, tick).defer(tick=tick.id)


def _job_of(app: App, config: Config, tick: OpenTick) -> JobDeferrer:
    return app.configure_task(TASK, queue=QUEUE, lock=lock_of(config, tick.job), priority=priority_of(tick.job))


def _sync_connector(config: Config):  # type: ignore[no-untyped-def]  # a type of the extra
    from procrastinate import SyncPsycopgConnector  # of the extra workers

    return SyncPsycopgConnector(conninfo=address(config), min_size=1, max_size=1, timeout=20.0)


def priority_of(job: str) -> int:
    """A job's priority; the higher goes first."""
    return _PRIORITIES.get(job, 0)


def lock_of(config: Config, job: str) -> str:
    """What two jobs must not do at once: the host that a crawl asks, or the job itself."""
    kind, _colon, name = job.partition(":")
    if kind == "crawl":
        try:
            source, _path = find_source(name, config.sources_dir)
        except (UnknownName, SourceFileError):
            return job
        return f"host:{urlsplit(source.columns[0].url).netloc.lower()}"
    return job


async def reap(app: App, config: Config, database: Engine, heartbeat: float) -> int:
    """Fail the jobs of dead workers, which would keep their hosts locked, and give every tick under way that has no job a new one; how many got one."""
    from procrastinate.jobs import Status  # of the extra workers

    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_SILENT * heartbeat):
        if job.id is not None:
            log.warning("tick %s: its worker is gone; it is taken up again", job.task_kwargs.get("tick"))
            await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    waiting = open_ticks(database)  # before the jobs are read: a tick that comes between has its job by then, or gets it next time
    carried = _ticks(await jobs.list_jobs_async(queue=QUEUE, status="todo")) | _ticks(
        await jobs.list_jobs_async(queue=QUEUE, status="doing")
    )
    lost = [tick for tick in waiting if tick.id not in carried]
    for tick in lost:
        await _job_of(app, config, tick).defer_async(tick=tick.id)
    return len(lost)


def _ticks(jobs: Iterable[Job]) -> set[int]:
    return {int(tick) for job in jobs if isinstance(tick := job.task_kwargs.get("tick"), int | str)}
