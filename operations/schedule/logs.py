"""The files that the clock writes: one of its own, and one for each job that it runs."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.config import Config
from operations.log_lines import formatter
from pipeline.durable import file_errors
from pipeline.sql import tables

_BYTES, _FILES = 4 << 20, 5


def own_log(config: Config) -> logging.Handler:
    """The clock's log in the archive, logs/scheduler.log: five files of 4 MB at most. Raises ArchiveUnwritable or DiskFull."""
    folder = config.state_paths().logs
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / "scheduler.log", maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8")
    handler.setFormatter(formatter(config.log_format))
    return handler


def job_log(config: Config, job: str, taken_at: datetime) -> Path:
    """The file of what one run of a job writes."""
    return config.state_paths().logs / "jobs" / f"{taken_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{job.replace(':', '-')}.log"


def drop_old_logs(config: Config, now: datetime) -> int:
    """Delete the logs of jobs that are older than `log_days`; how many."""
    oldest, dropped = f"{now.astimezone(UTC) - timedelta(days=config.log_days):%Y%m%dT}", 0
    for file in (config.state_paths().logs / "jobs").glob("????????T*Z-*.log"):
        if file.name < oldest:
            file.unlink(missing_ok=True)
            dropped += 1
    return dropped


def log_of_crawl(session: Session, config: Config, source: str, started_at: datetime) -> Path | None:
    """The log of the scheduled job under which a crawl began; None when it was run by hand or the file is gone."""
    job = f"crawl:{source}"
    mine = select(tables.TickRow).where(tables.TickRow.job == job, tables.TickRow.taken_at <= started_at)
    tick = session.scalar(mine.order_by(tables.TickRow.taken_at.desc()).limit(1))
    if tick is None or (tick.finished_at and tick.finished_at < started_at):
        return None
    file = job_log(config, job, tick.taken_at)
    return file if file.exists() else None
