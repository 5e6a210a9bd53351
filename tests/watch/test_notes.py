"""Channels are told once of a source that is not well, of a saved search that fell silent, and daily how all is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.hours import ZONE
from notices.model import Notice
from operations.schedule.jobs import read_schedule
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.quick_home import QuickHome
from tests.support.site_server import Site, list_page, serving, small_site
from watch.matching import match_new
from watch.notes import make_notes


class Told:
    """An archive whose notes are made at given times; a command writes what it is told into a file."""

    def __init__(self, path: Path) -> None:
        self.home = QuickHome(path / "home")
        self.file = path / "told.jsonl"
        self.home.run("config")
        self.config = load_config(self.home.environment)
        self.database = open_database(self.config)

    def channel(self, name: str, *more: str) -> None:
        self.home.run("channel", "add", name, "command", f"sh -c 'cat >> {self.file}; echo >> {self.file}'", *more)

    def notes(self, now: datetime) -> list[str]:
        """Subjects of the notes that are new at that time; made again at once, nothing is new."""
        made = [note.subject for note in make_notes(self.config, self.database, now)]
        assert make_notes(self.config, self.database, now) == []
        return made


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(small_site(5, per_page=5)) as made:
        yield made


def test_source_that_breaks_and_recovers_is_told_of_once_each(told: Told, site: Site) -> None:
    told.channel("ops", "--report")
    told.home.source(site.base, more="[expect]\nevery_days = 300\n")
    told.home.run("crawl")
    now = datetime.now(ZONE)

    def after(**time: float) -> list[str]:
        return [note for note in told.notes(now + timedelta(**time)) if note.startswith("[linshan]")]

    assert after() == []
    well = dict(site.pages)
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([], 0, 1)
    told.home.run("crawl", check=None)
    (note,) = after(minutes=1)
    assert note.startswith("[linshan] failing: 0 list entries")
    assert after(hours=8) == [], "it is known"
    assert len(after(days=8)) == 1, "it still is"
    site.pages.update(well)
    told.home.run("crawl")
    assert after(days=8, hours=3) == [], "a source that comes and goes is told of once in six hours"
    with sqlite3.connect(told.config.home / "notices.db") as raw:  # the runs that were due meanwhile took place
        raw.execute("update run set started_at = ?, finished_at = ?", (f"{now + timedelta(days=8, hours=-8):%Y-%m-%d %H:%M:%S.%f}",) * 2)
        raw.execute("update listing set last_listed_at = ?", (f"{now + timedelta(days=8):%Y-%m-%d %H:%M:%S.%f}",))
    raw.close()
    assert after(days=8, hours=9) == ["[linshan] well again"]


def test_daily_report_comes_once_a_day_after_half_past_eight(told: Told) -> None:
    told.channel("ops", "--report")
    told.channel("other")
    day = datetime(2026, 11, 25, 8, 29, tzinfo=ZONE)
    assert told.notes(day) == []
    (note,) = told.notes(day + timedelta(minutes=1))
    assert note.startswith("[notices] 2026-11-25: all 0 sources are well; in 24 hours 0 new")
    assert told.notes(day + timedelta(hours=9)) == []
    assert len(told.notes(day + timedelta(days=1, minutes=5))) == 1
    assert told.home.rows("select distinct channel from delivery") == [("ops",)]


def test_saved_search_that_falls_silent_says_so_once_for_each_silence(told: Told) -> None:
    told.channel("mine")
    told.home.run("watch", "add", "河", "河道", "--to", "mine")
    source = source_id(told.database, "linshan")
    first = datetime(2026, 3, 2, 4, tzinfo=ZONE)

    def published(n: int, at: datetime) -> None:
        with Session(told.database) as session, session.begin():
            reading = Reading(Notice(url=f"http://a.example/{n}", title=f"河道通知{n}", text="河道。"), (), None, at)
            store_reading(session, source, reading, Occasion(None, False))

    for n in range(14):
        published(n, first + timedelta(days=2 * n))
    match_new(told.database)
    last = first + timedelta(days=26)
    assert told.notes(last + timedelta(days=8)) == []
    (note,) = told.notes(last + timedelta(days=10))
    assert (
        note
        == "[河] nothing found for 10 days, usually every 2 days; none of the sources that it found something in fails: they published nothing that it matches"
    )
    assert told.notes(last + timedelta(days=40)) == []
    published(99, last + timedelta(days=41))
    match_new(told.database)
    assert len(told.notes(last + timedelta(days=60))) == 1


def test_readers_of_a_saved_search_are_told_when_its_own_source_fails(told: Told, site: Site) -> None:
    told.channel("mine")
    told.home.run("watch", "add", "河", "通知", "--to", "mine")
    told.home.run("watch", "add", "他", "没有这样的字", "--to", "mine")
    told.home.source(site.base, more="[expect]\nevery_days = 300\n")
    told.home.run("crawl")
    now, sources = datetime.now(ZONE), [source_id(told.database, name) for name in ("linshan", "elsewhere")]
    with Session(told.database) as session, session.begin():
        for n, source in enumerate(sources):
            reading = Reading(Notice(url=f"http://a.example/{n}", title=f"通知{n}", text="通知。"), (), None, now)
            store_reading(session, source, reading, Occasion(None, False))
    match_new(told.database)
    assert told.notes(now) == []
    well = dict(site.pages)
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([], 0, 1)
    told.home.run("crawl", check=None)
    (note,) = told.notes(now + timedelta(minutes=1))
    assert note.startswith("[河: linshan] failing: 0 list entries")
    assert told.notes(now + timedelta(hours=20)) == [], "it is known"
    site.pages.update(well)
    told.home.run("crawl")
    assert told.notes(now + timedelta(hours=21)) == ["[河: linshan] well again"]


def test_report_is_sent_and_scheduled_where_there_are_channels(told: Told) -> None:
    assert [job.name for job in read_schedule(told.config).jobs if job.name == "report"] == []
    told.channel("ops", "--report")
    assert [job.verb for job in read_schedule(told.config).jobs if job.name == "report"] == [("watch", "report")]
    with sqlite3.connect(told.config.home / "notices.db") as raw:
        assert raw.execute("select count(*) from delivery").fetchone() == (0,)
    raw.close()
    told.home.run("watch", "report", "--json")
    if told.file.exists():  # it is later than half past eight in China
        (body,) = [json.loads(line) for line in told.file.read_text(encoding="utf-8").splitlines() if line]
        assert body["watch"] == "(archive)"
        assert body["events"][-1]["event"] == "report"
