"""The machine that an archive runs on: its clock, the scheduler's process, the receivers of its messages, and what kills it."""

from __future__ import annotations

import json
import mmap
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import psutil

from tests.support.archive_home import ROOT, Home
from tests.support.site_server import running
from tests.watch.mail_server import mail_server

HERE = Path(__file__).parent
Ticks = set[tuple[str, datetime]]
AHEAD = timedelta(minutes=10)
PATIENCE = 600  # seconds of the real clock for the work of one moment: a bound for a test that hangs


class Clock:
    """The clock of all processes that have it in their environment; it goes on from where it is set."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._ahead = memoryview(mmap.mmap(opened.fileno(), 8)).cast("d")
        self.environment = {"TEST_CLOCK": str(file), "PYTHONPATH": f"{HERE / 'clock'}{os.pathsep}{ROOT}"}

    def set(self, moment: datetime) -> None:
        """Set it to an aware time."""
        self._ahead[0] = moment.timestamp() - time.time()

    def now(self) -> datetime:
        """What it says."""
        return datetime.fromtimestamp(time.time() + self._ahead[0], UTC)


class Machine:
    """The scheduler of an archive, started again whenever it is killed."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self.home, self.clock = home, clock
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the scheduler."""
        with (self.home.path.parent / "stderr").open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.end_to_end.month.clocked_scheduler"],
                cwd=ROOT,
                env=self.home.environment,
                stdout=errors,
                stderr=errors,
            )

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)

    def end(self) -> None:
        """End it whatever it does, with its children."""
        if self._process is not None and self._process.poll() is None:
            for each in [*psutil.Process(self._process.pid).children(recursive=True), self._process]:
                each.kill()
            self._process.wait(PATIENCE)

    def kill(self, chance: random.Random, ticks: Ticks, far: Callable[[], bool] | None = None) -> str:
        """Kill the scheduler with all its children, or alone, or one of its children; what was killed. It is started again.

        Work must be under way: the moment is when it is so far, or some seconds after it began.
        """
        assert self._process is not None
        until = time.monotonic() + PATIENCE
        while not self.running() and not ticks <= self.done():  # a busy machine may not let us see that it runs
            assert time.monotonic() < until, self.errors()
            time.sleep(0.05)
        if far is None:
            time.sleep(chance.uniform(0, 4))
        while far is not None and not far() and self.running():
            time.sleep(0.02)
        top = psutil.Process(self._process.pid)
        children = top.children(recursive=True)
        what = chance.choice(("all", "scheduler", "child")) if children else "scheduler"
        for each in {"all": [*children, top], "scheduler": [top], "child": [chance.choice(children or [top])]}[what]:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                what += " (gone)"
        if not what.startswith("child"):
            self._process.wait(PATIENCE)
            self.start()
        return what

    def wait_for(self, ticks: Ticks) -> None:
        """Return when the work of all these moments is done and nothing runs. Fails when the scheduler has ended."""
        until = time.monotonic() + PATIENCE
        while missing := ticks - self.done():
            assert self._process is not None
            assert self._process.poll() is None, self.errors()
            assert time.monotonic() < until, f"not done: {missing}\n{self.errors()}"
            time.sleep(0.1)

    def running(self) -> bool:
        """Whether the work of a tick is under way."""
        return bool(self.home.rows("select 1 from tick where outcome = 'running'"))

    def done(self) -> Ticks:
        """The ticks whose work has ended; none while one runs, or while there is no archive yet; without those that a clock that was ahead took."""
        try:
            rows = self.home.rows("select job, due_at, taken_at, outcome from tick")
        except sqlite3.OperationalError:
            return set()
        if any(outcome == "running" for *_tick, outcome in rows):
            return set()
        ahead = self.clock.now() + AHEAD
        return {(job, _utc(due)) for job, due, taken, _outcome in rows if _utc(taken) <= ahead}

    def errors(self) -> str:
        """The end of what the scheduler wrote."""
        return (self.home.path.parent / "stderr").read_text(encoding="utf-8")[-4000:]


def _utc(stored: str) -> datetime:
    return datetime.fromisoformat(stored + "+00:00")


class Receivers:
    """Where messages arrive: `posts` has the path and the JSON body of each request, `mails` the id and the events of each mail."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.mails: list[tuple[str, list[tuple[str, str]]]] = []
        self.address = self.smtp = ""

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        """Take a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        part = mail.get_body(("plain",))
        assert part is not None
        events = re.findall(r"^(\w+)  .*\n(\S+)$", part.get_content().replace("\r\n", "\n"), re.MULTILINE)
        self.mails.append((str(mail["Message-ID"]), events))
        return "250 OK"


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Receivers of webhooks and of mail on loopback."""
    found = Receivers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.posts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with running(Handler) as found.address, mail_server(found) as found.smtp:
        yield found
