"""A notice whose files are being fetched when the run ends is left to the next run, untried: never stored with files that nobody asked for."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home
from tests.support.faults.inject.checks import archive, wrongs
from tests.support.faults.inject.hooks import hooked, noted
from tests.support.faults.inject.server import served
from tests.support.site_server import Site, notice_page, notice_path, serving, small_site

RTF = {"Content-Type": "application/rtf"}
FILES = 4
HALF = "select count(*) from attachment where outcome = 'missing'"
UNTRIED = "select count(*) from listing where state in ('failed', 'blocked') or tries > 0"


def site_with_files(count: int, with_files: int | None = None) -> Site:
    """A site on which every notice has four files, or the older ones have."""
    site = small_site(count, count)
    for n in range(1, (count if with_files is None else with_files) + 1):
        names = [f"{n}{letter}.rtf" for letter in "abcd"[:FILES]]
        links = "".join(f'<p><a href="/tzgg/files/{name}">巡查登记表{name}</a></p>' for name in names)
        site.pages[notice_path(n)] = notice_page(n, links)
        site.pages |= {f"/tzgg/files/{name}": (200, RTF, rb"{\rtf1\ansi dyke inspection register}") for name in names}
    return site


def wait_for_request(site: Site, path: str) -> None:
    """Wait until the path has been asked for."""
    deadline = time.monotonic() + 300
    while not site.requests[path]:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_signal_among_the_files_leaves_the_notice_untried(tmp_path: Path) -> None:
    home = archive(tmp_path / "home")
    with serving(site_with_files(2)) as site:
        source = home.source(site.base)
        source.write_text(source.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.6"), encoding="utf-8")
        run = subprocess.Popen(home.command("crawl"), env=home.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for_request(site, "/tzgg/files/2a.rtf")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=400)
        assert (home.rows(HALF), home.rows(UNTRIED)) == ([(0,)], [(0,)])
        assert home.rows("select count(*) from notice")[0][0] < 2
        home.source(site.base)
        home.run("crawl")
    assert wrongs(home, 2) == {}


def test_bound_of_requests_among_the_files_leaves_the_notices_untried(tmp_path: Path) -> None:
    with serving(site_with_files(3, with_files=2)) as site, served(tmp_path / "server") as server:
        for bound in (6, 11):  # robots.txt, the list, three pages, then files of two notices in turn
            home = archive(tmp_path / f"home-{bound}")
            home.source(site.base)
            server.run(("crawl",), {**home.environment, "NOTICES_MAX_REQUESTS_PER_RUN": str(bound)})
            assert (home.rows(HALF), home.rows(UNTRIED)) == ([(0,)], [(0,)]), bound
            assert home.rows("select count(*) from notice")[0][0] in (1, 2), bound
            server.run(("crawl",), home.environment)
            assert wrongs(home, 3) == {}, bound


def test_notice_with_more_files_than_a_run_may_ask_for_does_not_keep_the_others_away(tmp_path: Path) -> None:
    home = archive(tmp_path / "home")
    with serving(site_with_files(3)) as site, served(tmp_path / "server") as server:
        home.source(site.base)
        for _ in range(4):
            server.run(("crawl",), {**home.environment, "NOTICES_MAX_REQUESTS_PER_RUN": "5"})
    assert home.rows("select count(*) from notice") == [(3,)]


@pytest.mark.faults
def test_disk_that_is_full_among_the_files_leaves_the_notice_untried(tmp_path: Path) -> None:
    start = archive(tmp_path / "start/home")
    with serving(site_with_files(2)) as site, served(tmp_path / "server") as server:
        start.source(site.base)

        def run(name: str, fault: str) -> Home:
            home = archive(tmp_path / name / "home")
            shutil.copytree(start.path, home.path, dirs_exist_ok=True)
            server.run(("crawl",), hooked(tmp_path / name / "hook", fault, home.path, home.environment))
            return home

        run("count", "count")
        records = [line.split() for line in noted(tmp_path / "count/hook") if line.startswith("worker") and " pwrite /warc/" in line]
        for _role, at, *_ in records[-5::2]:
            home = run(f"full-{at}", f"fail:worker:{at}:ENOSPC:once")
            assert home.rows(HALF) == [(0,)], at
            server.run(("crawl",), hooked(tmp_path / f"full-{at}/hook", "off", home.path, home.environment))
            assert wrongs(home, 2) == {}, at
