"""Two running schedulers and two manual crawls on one archive: one fetch a tick, nothing twice, nothing left locked."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import Site, notice_path, serving, small_site

pytestmark = pytest.mark.faults

SOURCES, NOTICES = 3, 6
# Each begins up to `jitter_seconds` after the clock: a count of ticks would take a verify for a crawl that has not begun.
JOBS = {*(f"crawl:s{n}" for n in range(SOURCES)), "index", "verify"}


def started(home: Home, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        home.command(*words), cwd=ROOT, env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def wait_for_ticks(home: Home, jobs: set[str]) -> None:
    """Return when each of these jobs has a tick that is done. Fails after ten minutes."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        time.sleep(0.3)
        if {job for (job,) in home.rows("select job from tick where outcome like 'exit%'")} >= jobs:
            return
    raise AssertionError(home.rows("select job, due_at, outcome from tick"))


def fetched(sites: list[Site]) -> list[list[int]]:
    return [[site.requests[notice_path(n)] for n in range(1, NOTICES + 1)] for site in sites]


@pytest.mark.timeout(1200)
def test_two_schedulers_and_two_crawls_fetch_each_notice_once_and_leave_no_lock(tmp_path: Path, figure: Figure) -> None:
    home = Home(tmp_path / "home")
    home.environment |= {"NOTICES_DRAIN_MINUTES": "1440"}
    sites = [small_site(NOTICES) for _ in range(SOURCES)]
    with ExitStack() as stack:
        for n, site in enumerate(sites):
            path = home.source(stack.enter_context(serving(site)).base, f"s{n}")
            path.write_text(
                path.read_text(encoding="utf-8").replace("0 * * * *", "0 0 1 7 *"), encoding="utf-8"
            )  # no hour strikes in a test
        home.run("index")  # the database is there before four processes want it
        clocks = [started(home, "schedule") for _ in range(2)]
        crawls = [started(home, "crawl", "--jobs", "3") for _ in range(2)]
        for process in crawls:
            process.communicate(timeout=600)
        wait_for_ticks(home, JOBS)
        assert [clock.poll() for clock in clocks] == [None, None]
        for clock in clocks:
            clock.send_signal(signal.SIGTERM)
            clock.communicate(timeout=600)
        assert [clock.returncode for clock in clocks] == [0, 0]
        assert {crawl.returncode for crawl in crawls} <= {0, 6}
        assert fetched(sites) == [[1] * NOTICES] * SOURCES
        later = home.run("crawl", "--jobs", "3")  # no lock was left behind
        assert later.stdout.count("done") == SOURCES
        assert fetched(sites) == [[1] * NOTICES] * SOURCES
        asked = [site.requests.total() for site in sites]
        home.run("schedule", "--once")  # every tick is taken
        assert [site.requests.total() for site in sites] == asked
    ticks = home.rows("select job, count(*) from tick group by job")
    codes = sorted(crawl.returncode for crawl in crawls)
    figure(
        f"two schedulers and two crawls at once (exit {codes}), {SOURCES} sources",
        f"{SOURCES * NOTICES} notices",
        f"fetched once each, ticks {dict(ticks)}, locks left 0",
    )
    assert {job for job, _ in ticks} == JOBS
    assert [n for job, n in ticks if job.startswith("crawl:")] == [1] * SOURCES  # the others may strike again at their hour
    assert home.rows("select count(*), count(distinct key) from notice") == [(SOURCES * NOTICES,) * 2]
    assert home.rows("select count(*) from run where outcome in ('running', 'crashed')") == [(0,)]
    assert home.search("堤防巡查")["total"] == SOURCES * NOTICES
    home.run("verify")
