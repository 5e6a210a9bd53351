"""The processes of a clock or of a worker: each runs a job, writes into the job's log, and is ended when it takes longer than it may."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from notices.config import Config
from operations.schedule.jobs import Job, drop_old_backups, words_of
from operations.schedule.logs import drop_old_logs
from pipeline.durable import file_errors

KILL_SECONDS = 60.0
_TOO_LONG = 3  # the exit code of a source that failed


@dataclass(slots=True)
class Processes:
    """Those under way. `log` is told of one that takes too long, `begun` of each with its number; `first` runs in each before its program."""

    config: Config
    log: logging.Logger
    begun: Callable[[Job, int], None] = lambda _job, _number: None
    first: Callable[[], None] | None = None
    running: set[asyncio.subprocess.Process] = field(default_factory=set)

    async def run(self, job: Job, file: Path, now: datetime) -> int:
        """Run the job as a process that writes into the file; end it when it takes longer than it may. Raises what `file_errors` raises."""
        # -P: the current folder must not be searched for modules
        command = [sys.executable, "-P", "-m", "cli.main", "--verbose", "--log-format", self.config.log_format]
        command += words_of(job, self.config, now)
        with file_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            output = file.open("ab")
        with output:
            child = await asyncio.create_subprocess_exec(
                *command, start_new_session=True, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=self.first
            )
        self.begun(job, child.pid)
        self.running.add(child)
        try:
            return await asyncio.wait_for(child.wait(), job.minutes * 60)
        except TimeoutError:
            self.log.error("%s: ended after %g minutes, which is the most that it may take; see %s", job.name, job.minutes, file)
            return await _end(child)
        finally:
            self.running.discard(child)

    def stop(self) -> None:
        """Ask each to stop: running crawls finish their page."""
        for child in self.running:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.send_signal(signal.SIGTERM)

    def tidy(self, job: Job, code: int, now: datetime) -> None:
        """Drop old logs after a job that ended with this code, and old backups once there is a new one."""
        drop_old_logs(self.config, now)
        if job.name == "backup" and code == 0:
            drop_old_backups(self.config)


async def _end(child: asyncio.subprocess.Process) -> int:
    """End a process that takes too long, first kindly."""
    with suppress(ProcessLookupError):
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), KILL_SECONDS)
        except TimeoutError:
            os.killpg(child.pid, signal.SIGKILL)
    await child.wait()
    return _TOO_LONG
