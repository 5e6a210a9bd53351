"""kill -9 at any moment: the next run converges, nothing is lost, nothing stands twice, no hand is needed."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import Figure
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import serving, small_site

KILLS, MORE_KILLS = 20, 100
CHECK_EVERY = 5


def grow(site: object, count: int, per_page: int = 5) -> None:
    """Let the site publish up to `count` notices."""
    fresh = small_site(count, per_page)
    site.pages.update(fresh.pages)  # type: ignore[attr-defined]


def kill_soon(home: Home, after: float, *words: str) -> None:
    """Start the command and kill it with all its children after that many seconds."""
    parent = subprocess.Popen(home.command(*words), env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    try:
        family = [*psutil.Process(parent.pid).children(recursive=True), psutil.Process(parent.pid)]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        if process.is_running():
            process.kill()
    parent.wait(timeout=600)


def assert_whole(home: Home, count: int) -> None:
    """Every notice archived once with one revision, bytes, rows and index in agreement."""
    assert home.rows("select count(*), count(distinct key), sum(revisions) from notice") == [(count, count, count)]
    assert home.rows("select count(*) from outbox") == [(0,)]
    assert home.rows("select count(*) from run where outcome = 'running'") == [(0,)]
    assert home.search("堤防巡查", "--limit", "1")["total"] == count
    assert home.rows("select count(*) from revision where snapshot_id is null") == [(0,)]
    from pipeline.warc.series import scan

    in_sql = set(home.rows("select warc_file, offset from snapshot"))
    names = {p.name.removesuffix(".open") for p in (home.path / "warc").iterdir() if p.name.endswith((".warc.gz", ".warc.gz.open"))}
    in_warc = {(stored.warc_file, stored.offset) for name in names for stored, _ in scan(home.path / "warc", name)}
    assert in_warc == in_sql


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [KILLS, pytest.param(MORE_KILLS, marks=pytest.mark.long)])
def test_kill_at_random_moments(tmp_path: Path, figure: Figure, kills: int) -> None:
    chance = random.Random(20261123)
    home, count = Home(tmp_path / "home"), 10
    with serving(small_site(count, 5)) as site:
        home.source(site.base)
        for n in range(1, kills + 1):
            count += 2
            grow(site, count)
            words = ("index", "--rebuild") if n % 7 == 0 else ("crawl",)
            kill_soon(home, chance.uniform(0.05, 3.0), *words)
            if n % CHECK_EVERY == 0:
                home.run("crawl")
                assert_whole(home, count)
    figure("kill -9 of crawls and rebuilds, one archive, real processes", kills, "lost 0, twice 0, without an owner 0, WARC = SQL = index")


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_kill_during_import(tmp_path: Path, figure: Figure) -> None:
    import json

    chance = random.Random(7)
    home = Home(tmp_path / "home")
    lines = [{"url": f"http://a.example/{n}.html", "title": f"第{n}号通知", "text": f"堤防巡查编号甲{n:05d}。" * 30} for n in range(400)]
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    for _ in range(8):
        kill_soon(home, chance.uniform(0.3, 3.0), "import", str(file))
    home.run("import", str(file))
    assert_whole(home, 400)
    figure("kill -9 of an import, one archive, real processes", 8, "lost 0, twice 0, without an owner 0, WARC = SQL = index")
