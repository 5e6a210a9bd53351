"""The clock as a process: due work is done once, whoever runs it; a signal ends it whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notices.hours import ZONE
from tests.end_to_end.month.machine import Clock, Machine
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import notice_path, serving, small_site


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def start(home: Home, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "scheduler.py", *options],
        cwd=ROOT,
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_due_work_is_done_once_and_then_nothing_is_due(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        first = start(home, "--once")
        first.communicate(timeout=400)
        assert first.returncode == 0
        asked = site.requests.total()
        home.run("schedule", "--once")
        assert site.requests.total() == asked
    assert home.search("堤防巡查")["total"] == 3
    assert home.rows("select job, outcome from tick where job like 'crawl%'") == [("crawl:linshan", "exit 0")]


def test_two_schedulers_at_once_fetch_once_a_tick(home: Home) -> None:
    with serving(small_site(6)) as site:
        home.source(site.base)
        both = [start(home, "--once") for _ in range(2)]
        for process in both:
            process.communicate(timeout=400)
    assert [p.returncode for p in both] == [0, 0]
    assert all(site.requests[notice_path(n)] == 1 for n in range(1, 7))
    assert home.rows("select count(*) from tick where job = 'crawl:linshan'") == [(1,)]
    assert home.rows("select count(*) from run where kind = 'crawl'") == [(1,)]


def test_failing_source_gives_the_documented_code(home: Home) -> None:
    home.source("http://127.0.0.1:9")
    failing = start(home, "--once")
    failing.communicate(timeout=400)
    assert failing.returncode == 3
    assert home.rows("select outcome from tick where job like 'crawl%'") == [("exit 3",)]


def test_signal_finishes_the_page_and_leaves_nothing_torn(home: Home) -> None:
    with serving(small_site(12, 6)) as site:
        path = home.source(site.base)
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.4"), encoding="utf-8")
        running = start(home)
        deadline = time.monotonic() + 300
        while not site.requests[notice_path(11)]:
            assert time.monotonic() < deadline, running.stderr
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=400)
        assert running.returncode == 0
        assert home.rows("select outcome from run where kind = 'crawl'") == [("stopped",)]
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.4", "delay = 0.01"), encoding="utf-8")
        home.run("crawl")
    assert home.rows("select count(*), max(revisions) from notice") == [(12, 1)]


def test_killed_scheduler_s_tick_is_done_by_the_next(home: Home) -> None:
    with serving(small_site(12, 6)) as site:
        path = home.source(site.base)
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.4"), encoding="utf-8")
        running = start(home)
        deadline = time.monotonic() + 300
        while not site.requests[notice_path(11)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        import psutil

        for process in [*psutil.Process(running.pid).children(recursive=True), psutil.Process(running.pid)]:
            process.kill()
        running.communicate(timeout=400)
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.4", "delay = 0.01"), encoding="utf-8")
        home.run("schedule", "--once")
    assert home.rows("select count(*), max(revisions) from notice") == [(12, 1)]
    assert home.search("堤防巡查")["total"] == 12
    assert home.rows("select outcome from run order by id") == [("crashed",), ("done",)]


def test_bad_source_file_is_named_and_the_others_are_crawled(home: Home) -> None:
    (home.path / "sources").mkdir(parents=True)
    (home.path / "sources/bad.toml").write_text("name = [", encoding="utf-8")
    failing = start(home, "--once")
    _out, err = failing.communicate(timeout=400)
    assert failing.returncode == 3
    assert "bad.toml" in err
    assert "index: exit 0" in err


def test_clock_set_back_by_a_day_leaves_nobody_asleep(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    machine = Machine(home := Home(tmp_path / "home"), clock)
    home.environment |= clock.environment | {"NOTICES_DRAIN_MINUTES": "1440", "NOTICES_JITTER_SECONDS": "0"}
    noon = datetime(2027, 3, 3, 12, 7, tzinfo=ZONE)
    clock.set(noon)
    midnight = noon.replace(hour=0, minute=0)
    machine.start()
    try:
        machine.wait_for({("index", midnight)})
        clock.set(noon - timedelta(days=1))
        machine.wait_for({("index", midnight - timedelta(days=1))})
        clock.set(noon + timedelta(days=1))
        machine.wait_for({("index", midnight + timedelta(days=1))})
        assert machine.stop() == 0
    finally:
        machine.end()
