"""Workers are killed at random while they crawl a farm: nothing is lost, nothing is there twice, no host is crawled by two, and all is taken up again."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.test_workers import assert_never_two_at_a_host, open_ticks, rows, until
from tests.conftest import Figure
from tests.support.archive_home import ROOT, Home
from tests.support.postgres_server import PostgresServer
from tests.support.servers.farm import farm, two_at_a_host

pytest.importorskip("procrastinate", reason="the extra workers is not installed")
HEARTBEAT, WORKERS, JOBS = 5.0, 3, 6
KILLS = int(os.environ.get("NOTICES_KILLS", "100"))
SITES, NOTICES, DELAY = (8, 120, 3.0) if KILLS > 20 else (4, 25, 1.5)


@pytest.fixture
def home(server_home: Home) -> Home:
    """An empty archive whose work is done by workers; its queue is in the archive's own database."""
    server_home.environment["NOTICES_QUEUE"] = server_home.environment["NOTICES_DATABASE"].replace("+psycopg", "")
    return server_home


class Crew:
    """Worker processes; whoever is killed is replaced, as a supervisor does."""

    def __init__(self, home: Home) -> None:
        self.home, self.log = home, (home.path / "workers.log").open("ab")
        self.running = [self.one() for _ in range(WORKERS)]

    def one(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        command = self.home.command("worker", "--jobs", str(JOBS), "--heartbeat", str(HEARTBEAT))
        return subprocess.Popen(command, env=self.home.environment, cwd=ROOT, stdout=self.log, stderr=self.log)

    def kill(self, chance: random.Random) -> set[str]:
        """Kill one at random and start another; every second time all its processes with it, as when its machine fails. The sources it was crawling."""
        at = chance.randrange(len(self.running))
        victim = self.running[at]
        processes = descendants(victim.pid)
        crawled = {name.decode() for pid in processes for name in re.findall(rb"\0crawl\0.*(site\d+)", command_of(pid))}
        for pid in [victim.pid, *(processes if chance.random() < 0.5 else ())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        victim.wait()
        self.running[at] = self.one()
        return crawled

    def end(self) -> None:
        """End every worker."""
        for each in self.running:
            each.send_signal(signal.SIGTERM)
        for each in self.running:
            try:
                each.wait(60)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
        self.log.close()


def descendants(pid: int) -> list[int]:
    """The processes below this one."""
    with contextlib.suppress(OSError):
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [each for child in children for each in (child, *descendants(child))]
    return []


def command_of(pid: int) -> bytes:
    """A process's command line."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@contextlib.contextmanager
def crew(home: Home) -> Iterator[Crew]:
    """The workers of an archive, ended at the end."""
    made = Crew(home)
    try:
        yield made
    finally:
        made.end()


def held(server: PostgresServer, home: Home) -> dict[str, str]:
    """The sources that are being crawled: the job in the queue of each."""
    query = """
        select split_part(t.job, ':', 2), j.id from procrastinate_jobs j join tick t on t.id = (j.args ->> 'tick')::int
        where j.status = 'doing' and t.outcome = 'running' and t.job like 'crawl:%'
    """
    return {source: job for source, job in rows(server, home, query)}


def taken_up(server: PostgresServer, home: Home, lost: dict[str, str], began: float) -> list[float]:
    """After how many seconds each of these crawls had another job that runs; those that had ended are left out."""
    waits, waiting = list[float](), dict(lost)
    while waiting and time.monotonic() < began + 6 * HEARTBEAT:
        now = held(server, home)
        done = {source for source, job in waiting.items() if now.get(source, job) != job}
        waits += [time.monotonic() - began] * len(done)
        waiting = {source: job for source, job in waiting.items() if source not in done}
        time.sleep(0.1)
    still = {source for (source,) in rows(server, home, "select split_part(job, ':', 2) from tick where outcome = 'running'")}
    return waits + [float("inf")] * len(still & waiting.keys())


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_workers_killed_at_random_lose_nothing(home: Home, server: PostgresServer, tmp_path: Path, figure: Figure) -> None:
    chance, waits = random.Random(17), list[float]()
    with farm(tmp_path, SITES, NOTICES) as sites:
        sites.add_sources(home, DELAY)
        home.run("schedule", "--once")
        with crew(home) as workers:
            until(lambda: int(rows(server, home, "select count(*) from notice")[0][0]) >= SITES, home)
            for _ in range(KILLS):
                before, began = held(server, home), time.monotonic()
                lost = workers.kill(chance)
                waits += taken_up(server, home, {source: before[source] for source in lost & before.keys()}, began)
                time.sleep(chance.uniform(0.0, 1.0) * HEARTBEAT)
            until(lambda: open_ticks(server, home) == 0, home, 1800)
        seen = sites.requests()
    everything = str(SITES * NOTICES)
    assert rows(server, home, "select count(*), count(distinct key), max(revisions) from notice") == [[everything, everything, "1"]]
    assert rows(server, home, "select count(*), count(distinct notice_id) from change where kind = 'new'") == [[everything, everything]]
    assert {row[0] for row in rows(server, home, "select outcome from tick")} == {"exit 0"}
    assert rows(server, home, "select count(*) from procrastinate_jobs where status in ('doing', 'todo')") == [["0"]]
    assert two_at_a_host(seen) == []
    assert_never_two_at_a_host(server, home)
    home.run("index")
    home.run("verify", "--no-progress")
    assert len(waits) > KILLS // 2
    assert max(waits) <= 2 * HEARTBEAT, sorted(waits)[-5:]
    figure("workers killed at random (-9), half of them with all their processes", KILLS,
           f"{len(seen)} requests: 0 lost, 0 twice, never two at a host; {len(waits)} crawls taken up again, "
           f"at the latest after {max(waits) / HEARTBEAT:.1f} heartbeats")  # fmt: skip
