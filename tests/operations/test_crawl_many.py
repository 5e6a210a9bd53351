"""Worker processes: what they answer comes back as values, also when they die; one request at a time for a host of two sources."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from crawler.source import load_source
from notices.config import load_config
from operations.crawl_many import Chosen, CrawlEnd, CrawlOrder, LastRun, NoticeLine, Settled, Workers, crawl_and_settle, crawl_many
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import notice_page, notice_path, serving, small_site, title


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path / "home")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    return made


def test_error_before_the_run_comes_back_with_its_code(home: Home) -> None:
    end = asyncio.run(Workers().run(CrawlOrder("nowhere")))
    assert (end.outcome, end.exit_code) == (None, 2)
    assert "'nowhere'" in end.reason


def test_every_notice_is_reported_when_the_order_asks_for_it(home: Home) -> None:
    told: list[NoticeLine] = []
    with serving(small_site(2)) as site:
        path = home.source(site.base)
        [end] = crawl_many([Chosen(load_source(path), str(path))], CrawlOrder("", report=True), 1, told.append)
    assert end == CrawlEnd("linshan", "done", "", 0)
    assert {(line.outcome, line.title) for line in told} == {("new", title(1)), ("new", title(2))}


def test_worker_that_dies_is_an_end_too(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, sys\nif 'operations.crawl_run' in sys.orig_argv: os.kill(os.getpid(), 9)\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    end = asyncio.run(Workers().run(CrawlOrder("linshan")))
    assert (end.outcome, end.exit_code) == (None, 3)
    assert "without reporting" in end.reason


DIES = """
import os, signal, sys
if 'operations.crawl_run' in sys.orig_argv:
    import operations.crawl_many as many
    many.settle = lambda *_: os.kill(os.getpid(), signal.{name})
"""


def test_only_worker_indexes_what_it_crawled(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(small_site(2)) as site:
        source = load_source(home.source(site.base))
        done = crawl_and_settle([Chosen(source, source.name)], CrawlOrder(""), 1, load_config(os.environ))
    assert done.ends == (CrawlEnd("linshan", "done", "", 0),)
    [last] = done.settled.runs
    assert done.settled == Settled(2, (LastRun("linshan", "done", last.counts),))
    assert {name: count for name, count in last.counts.items() if count} == {"lists": 1, "entries": 2, "asked": 2, "new": 2}
    assert len(home.search("防汛")["hits"]) == 2


def test_what_a_worker_did_not_index_is_indexed_by_who_waits(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(DIES.format(name="SIGKILL"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    with serving(small_site(2)) as site:
        source = load_source(home.source(site.base))
        done = crawl_and_settle([Chosen(source, source.name)], CrawlOrder(""), 1, load_config(os.environ))
    assert done.ends == (CrawlEnd("linshan", "done", "", 0),)
    assert (done.settled.indexed, done.settled.exit_code) == (2, 0)


def test_signal_while_the_worker_indexes_ends_the_command(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = DIES.replace(
        "lambda *_: os.kill(os.getpid(), signal.{name})", "lambda *_: (os.kill(int(os.environ['TOLD']), 15), time.sleep(60))"
    )
    (tmp_path / "sitecustomize.py").write_text(waits.replace("import os", "import time, os"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("TOLD", str(os.getpid()))
    with serving(small_site(2)) as site:
        source = load_source(home.source(site.base))
        with pytest.raises(KeyboardInterrupt):
            crawl_and_settle([Chosen(source, source.name)], CrawlOrder(""), 1, load_config(os.environ))
    assert home.rows("select outcome from run") == [("done",)]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert "indexed: 2" in home.run("crawl", check=None).stdout  # its site is away, what was crawled is indexed


def test_module_of_the_current_folder_never_runs(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "operations.py").write_text("raise SystemExit(5)\n")
    monkeypatch.chdir(tmp_path)
    end = asyncio.run(Workers().run(CrawlOrder("nowhere")))
    assert end.exit_code == 2


def test_two_sources_of_one_host_are_crawled_one_after_the_other(home: Home) -> None:
    site = small_site(3)
    for n in (1, 2, 3):
        page = notice_page(n)
        site.pages[notice_path(n)] = lambda _n, page=page: (time.sleep(0.2), (200, {"Content-Type": "text/html"}, page))[1]  # type: ignore[misc]
    with serving(site):
        chosen = [Chosen(load_source(path), str(path)) for path in (home.source(site.base, "eins"), home.source(site.base, "zwei"))]
        ends = crawl_many(chosen, CrawlOrder(""), 2)
    assert [end.source for end in ends] == ["eins", "zwei"]
    assert {end.exit_code for end in ends} == {0}
    assert site.most_at_once == 1
