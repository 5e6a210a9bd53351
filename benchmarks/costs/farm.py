"""How many notices workers bring from a farm of simulated sites: `python -m benchmarks.costs.farm [--workers 1,2,4]` (the environment of `make cluster`).

A farm of 200 sites on loopback, each a host of its own with a delay between requests; one crawl at a time a worker, so that the delay bounds it and not
this machine. Every number of workers begins with an empty archive and is given `--seconds` after the first notice is stored.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.archive_home import ROOT, Home
from tests.support.postgres_server import PostgresServer, running_server
from tests.support.servers.farm import farm, two_at_a_host

SITES, NOTICES, DELAY, LATE = 200, 20, 2.0, 0.2


class Throughput(NamedTuple):
    """What so many workers did in so many seconds; `at_once`: pairs of requests at one host that overlap."""

    workers: int
    seconds: float
    notices: int
    requests: int
    at_once: int

    @property
    def rate(self) -> float:
        """Requests a second: they are what the delay bounds."""
        return self.requests / self.seconds


def main() -> int:
    """Print a row for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--seconds", type=float, default=140.0)
    asked = parser.parse_args()
    print("| workers | seconds | notices | requests | a second and worker | two at a host |\n|---|---|---|---|---|---|", flush=True)
    with running_server() as server:
        for count in map(int, asked.workers.split(",")):
            found = measured(server, count, asked.seconds)
            print(
                f"| {count} | {found.seconds:.0f} | {found.notices} | {found.requests} | {found.rate / count:.3f} | {found.at_once} |",
                flush=True,
            )
    return 0


def measured(server: PostgresServer, workers: int, seconds: float) -> Throughput:
    """What so many workers bring from a new farm into an empty archive."""
    with tempfile.TemporaryDirectory() as folder, farm(Path(folder), SITES, NOTICES, LATE) as sites:
        home = Home(Path(folder) / "home")
        home.path.mkdir()
        name = f"farm_{workers}"
        home.environment["NOTICES_DATABASE"] = server.create(name)
        home.environment["NOTICES_QUEUE"] = home.environment["NOTICES_DATABASE"].replace("+psycopg", "")
        sites.add_sources(home, DELAY)
        home.run("schedule", "--once")
        with crew(home, workers):
            while not _stored(server, name):
                time.sleep(0.2)
            before, began = (_stored(server, name), len(sites.requests())), time.monotonic()
            time.sleep(seconds)
            passed, after = time.monotonic() - began, (_stored(server, name), len(sites.requests()))
        return Throughput(workers, passed, after[0] - before[0], after[1] - before[1], len(two_at_a_host(sites.requests())))


@contextlib.contextmanager
def crew(home: Home, workers: int) -> Iterator[None]:
    """So many workers with one job each, ended at the end."""
    with (home.path / "workers.log").open("ab") as log:
        command = home.command("worker", "--jobs", "1")
        running = [subprocess.Popen(command, env=home.environment, cwd=ROOT, stdout=log, stderr=log) for _ in range(workers)]
        try:
            yield
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.wait()


def _stored(server: PostgresServer, name: str) -> int:
    return int(server.psql(["-c", "select count(*) from notice"], name))


if __name__ == "__main__":
    sys.exit(main())
