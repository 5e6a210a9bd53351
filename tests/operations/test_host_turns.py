"""Two processes never fetch from one host at once, and the delay holds from one run to the next."""

from __future__ import annotations

import subprocess
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.source import Column, Source
from notices.errors import ArchiveLocked
from operations.host_turns import turn
from pipeline.sql.locks import hold
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import Page, notice_page, notice_path, serving, small_site


def _source(*addresses: str, delay: float = 0.3) -> Source:
    columns = [Column(name="公告", url=url) for url in addresses]
    return Source(
        name="x",
        site="临杉市",
        publisher="临杉市",
        region="990100",
        written=date(2026, 11, 26),
        schedule="0 * * * *",
        columns=columns,
        delay=delay,
    )


def test_the_next_turn_begins_a_delay_after_the_last(tmp_path: Path) -> None:
    source = _source("http://a.example/x/", "http://b.example:8080/y/")
    with turn(tmp_path, source, 0):
        ended = time.time()
    with turn(tmp_path, source, 0):
        assert time.time() - ended >= 0.29
    assert {path.name for path in tmp_path.glob("*.last")} == {"host-a.example.last", "host-b.example_8080.last"}


def test_hosts_whose_locks_have_one_name_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with turn(tmp_path, _source("http://a_b.example/", "http://a~b.example/", f"http://{'x' * 300}.example/"), 0):
        assert len(list(tmp_path.glob("*.lock"))) == 2


def test_a_host_that_is_taken_is_named_and_another_is_free(tmp_path: Path) -> None:
    with hold(tmp_path, "host-a.example"):
        with pytest.raises(ArchiveLocked, match=r"host-a\.example"), turn(tmp_path, _source("http://a.example/x/"), 0):
            pass
        with turn(tmp_path, _source("http://c.example/"), 0):
            pass


def test_two_crawls_in_two_processes_take_turns_at_one_host(tmp_path: Path) -> None:
    home, at = Home(tmp_path / "home"), list[tuple[float, str]]()
    site = small_site(4, per_page=4)

    def noted(number: int) -> object:
        def answer(_: int) -> Page:
            at.append((time.monotonic(), f"/{number}"))
            time.sleep(0.05)
            at.append((time.monotonic(), f"/{number} ended"))
            return 200, {"Content-Type": "text/html; charset=utf-8"}, notice_page(number)

        return answer

    for number in range(1, 5):
        site.pages[notice_path(number)] = noted(number)  # type: ignore[assignment]
    with serving(site):
        for name in ("one", "two"):
            path = home.source(site.base, name)
            path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.2"), encoding="utf-8")
        both = [
            subprocess.Popen(home.command("crawl", name), env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL)
            for name in ("one", "two")
        ]
        assert all(process.wait(120) in (0, 6) for process in both)
    begun = [moment for moment, what in at if not what.endswith("ended")]
    assert len(begun) >= 4
    assert all(later - sooner >= 0.19 for sooner, later in pairwise(begun))
