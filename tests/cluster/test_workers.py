"""Workers share the crawls of an archive: one at a host at a time, whoever is killed, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.cluster.journey import PADDING, page
from tests.support.archive_home import ROOT, Home
from tests.support.postgres_server import PostgresServer
from tests.support.site_server import Site, serving

pytest.importorskip("procrastinate", reason="the extra workers is not installed")
HEARTBEAT = "1"


@pytest.fixture
def home(server_home: Home) -> Home:
    """An empty archive whose work is done by workers; its queue is in the archive's own database."""
    server_home.environment["NOTICES_QUEUE"] = server_home.environment["NOTICES_DATABASE"].replace("+psycopg", "")
    return server_home


def site_of(count: int) -> Site:
    """A list of so many notices."""
    titles = {n: f"临杉市水务局关于第{n}号水库安全度汛的通知" for n in range(1, count + 1)}
    entries = "".join(f"<li><a href='/tzgg/{n}.html'>{title}</a><span>2026-10-0{n % 9 + 1}</span></li>" for n, title in titles.items())
    bodies = {
        n: f"<p>各县区水务局：</p><p>第{n}号水库应当检查。{PADDING}</p><p>临杉市水务局</p><p>2026年10月{n % 28 + 1}日</p>" for n in titles
    }
    return Site({"/tzgg/": page("通知公告", f"<ul>{entries}</ul>"), **{f"/tzgg/{n}.html": page(titles[n], bodies[n]) for n in titles}})


@contextlib.contextmanager
def working(home: Home, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process; killed at the end when it is still there."""
    with (home.path / f"{name}.log").open("ab") as log:
        command = home.command("worker", "--jobs", "3", "--heartbeat", HEARTBEAT)
        with subprocess.Popen(command, env=home.environment, cwd=ROOT, stdout=log, stderr=log) as process:
            try:
                yield process
            finally:
                process.kill()


def rows(server: PostgresServer, home: Home, query: str) -> list[list[str]]:
    """Rows of the archive's database, as psql prints them."""
    printed = server.psql(["-c", query], home.environment["NOTICES_DATABASE"].rsplit("/", 1)[1])
    return [line.split("|") for line in printed.splitlines()]


def until(done: Callable[[], bool], home: Home, seconds: float = 240) -> None:
    """Wait until something is so; what the workers wrote is the message of an assertion."""
    end = time.monotonic() + seconds
    while not done():
        logs = {file.name: file.read_text(encoding="utf-8") for file in home.path.glob("*.log")}
        assert time.monotonic() < end, logs
        time.sleep(0.2)


def open_ticks(server: PostgresServer, home: Home) -> int:
    """How many ticks are not at their end."""
    return int(rows(server, home, "select count(*) from tick where outcome = 'running'")[0][0])


def assert_never_two_at_a_host(server: PostgresServer, home: Home) -> None:
    """No two runs of sources on one site overlap in time; the sources' names begin with that of their site."""
    query = (
        "select s.name, r.started_at, r.finished_at from run r join source s on s.id = r.source_id "
        "where r.kind = 'crawl' and r.outcome <> 'crashed' order by r.started_at"
    )
    runs = [
        (name.split("-")[0], datetime.fromisoformat(start), datetime.fromisoformat(end)) for name, start, end in rows(server, home, query)
    ]
    for at, (site, start, end) in enumerate(runs):
        assert not [other for other in runs[at + 1 :] if other[0] == site and other[1] < end and other[2] > start], runs


def test_workers_do_what_the_clock_enqueues(home: Home, server: PostgresServer) -> None:
    with serving(site_of(4)) as north, serving(site_of(3)) as south:
        home.source(north.base, "north-a")
        home.source(north.base, "north-b", column="/b/")
        north.pages["/b/"] = north.pages["/tzgg/"]
        home.source(south.base, "south-a")
        home.run("schedule", "--once")
        assert open_ticks(server, home) == 5  # three crawls, the index, the verification: the clock began none of them
        with working(home, "one") as one, working(home, "two") as two:
            until(lambda: open_ticks(server, home) == 0, home)
            for process in (one, two):
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
    assert {row[0] for row in rows(server, home, "select outcome from tick")} == {"exit 0"}
    assert rows(server, home, "select count(*) from notice") == [["7"]]
    assert_never_two_at_a_host(server, home)
    home.run("index")
    assert home.search("水库")["total"] == 7
    home.run("verify", "--no-progress")


def test_crawl_of_a_killed_worker_is_taken_up_again(home: Home, server: PostgresServer) -> None:
    site = site_of(25)
    with serving(site) as north:
        home.source(north.base, "north-a").write_text(
            home.source(north.base, "north-a").read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.3"), encoding="utf-8"
        )
        home.run("schedule", "--once")
        with working(home, "one") as one:
            until(lambda: int(rows(server, home, "select count(*) from notice")[0][0]) >= 2, home)
            os.kill(one.pid, signal.SIGKILL)
            one.wait()
        assert open_ticks(server, home) >= 1
        with working(home, "two"):
            until(lambda: open_ticks(server, home) == 0, home)
    assert rows(server, home, "select count(*), count(distinct key) from notice") == [["25", "25"]]
    assert rows(server, home, "select count(*) from procrastinate_jobs where status = 'doing'") == [["0"]]
    assert {row[0] for row in rows(server, home, "select outcome from tick")} == {"exit 0"}
    assert_never_two_at_a_host(server, home)
    home.run("index")
    home.run("verify", "--no-progress")


def test_drained_worker_leaves_its_crawl_to_another(home: Home, server: PostgresServer) -> None:
    with serving(site_of(25)) as north:
        file = home.source(north.base, "north-a")
        file.write_text(file.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.3"), encoding="utf-8")
        home.run("schedule", "--once")
        with working(home, "one") as one:
            until(lambda: int(rows(server, home, "select count(*) from notice")[0][0]) >= 2, home)
            one.send_signal(signal.SIGTERM)
            assert one.wait(60) == 0
        assert 2 <= int(rows(server, home, "select count(*) from notice")[0][0]) < 25
        with working(home, "two"):
            until(lambda: open_ticks(server, home) == 0, home)
    assert rows(server, home, "select count(*) from notice") == [["25"]]
    assert rows(server, home, "select count(*) from run where outcome = 'crashed'") == [["0"]]


def test_worker_without_a_shared_queue_is_refused(server_home: Home, tmp_path: Path) -> None:
    assert "postgresql://" in server_home.run("worker", check=2).stderr
    server_home.environment["NOTICES_QUEUE"] = "postgresql://host:port/x"
    assert "queue: " in server_home.run("worker", check=2).stderr
    embedded = Home(tmp_path / "embedded")
    embedded.environment["NOTICES_QUEUE"] = "postgresql://nobody@127.0.0.1:1/none"
    assert "set database" in embedded.run("schedule", "--once", check=2).stderr


def test_queue_that_is_away_ends_a_worker_with_7(home: Home) -> None:
    home.environment["NOTICES_QUEUE"] = "postgresql://nobody:secret@127.0.0.1:1/none"
    done = home.run("worker", check=7)
    assert "secret" not in done.stderr


def test_queue_that_refuses_the_password(home: Home, server: PostgresServer) -> None:
    home.environment["NOTICES_QUEUE"] = server.url(home.environment["NOTICES_DATABASE"].rsplit("/", 1)[1], "otherwise").replace(
        "+psycopg", ""
    )
    done = home.run("worker", check=2)
    assert "refuses this user or password" in done.stderr
    assert "otherwise" not in done.stderr


def test_without_the_extra_it_is_named(home: Home) -> None:
    hidden = "import sys; sys.modules['procrastinate'] = None; from cli.main import main; sys.exit(main(['worker']))"
    done = subprocess.run([sys.executable, "-c", hidden], env=home.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "notices-archive[workers]" in done.stderr
    assert "Traceback" not in done.stderr
