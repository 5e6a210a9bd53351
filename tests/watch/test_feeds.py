"""Feeds have an entry for each change and lose none between pages; calendars have every deadline with its sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.hours import ZONE
from notices.model import Notice
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuickHome:
    monkeypatch.setattr("watch.feeds.PAGE", 10)
    return QuickHome(tmp_path / "home")


def stored(home: QuickHome, count: int, *, baseline: bool = False, text: str = "河道{}。", first: int = 1) -> None:
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    source = source_id(database, "临杉/市")
    with Session(database) as session, session.begin():
        for n in range(first, first + count):
            notice = Notice(url=f"http://www.linshan.example/{n}.html", title=f"通知\x0b<{n}>&", text=text.format(n))
            store_reading(session, source, Reading(notice, (), None, datetime.now(UTC) - timedelta(seconds=n)), Occasion(None, baseline))
    database.dispose()


def entries(path: Path) -> list[ET.Element]:
    return ET.parse(path).getroot().findall(f"{ATOM}entry")


def ids(path: Path) -> set[str]:
    return {entry.findtext(f"{ATOM}id") or "" for entry in entries(path)}


def test_every_change_is_in_one_page_or_another_and_times_never_fall(home: QuickHome, tmp_path: Path) -> None:
    stored(home, 3, baseline=True)
    home.run("watch", "add", "河/道", "河道")
    stored(home, 25, first=4)
    home.run("watch", "run")
    out = tmp_path / "feeds"
    names = home.run("feeds", "build", str(out), "--base", "https://archiv.example/feeds/").stdout.split()
    assert {
        "changes.atom",
        "changes.json",
        "source-%E4%B8%B4%E6%9D%89%2F%E5%B8%82.atom",
        "watch-%E6%B2%B3%2F%E9%81%93.json",
        "deadlines.ics",
    } <= set(names)
    assert all((out / name).exists() for name in names)
    for feed in ("changes", "watch-%E6%B2%B3%2F%E9%81%93"):
        found, name = set[str](), f"{feed}.atom"
        while name:
            found |= ids(out / name)
            links = ET.parse(out / name).getroot().findall(f"{ATOM}link")
            before = next((link.get("href") or "" for link in links if link.get("rel") == "prev-archive"), "")
            name = before.rpartition("/")[2].replace("%25", "%")
        assert len(found) == 25
    updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries(out / "changes.atom")]
    assert updated == sorted(updated, reverse=True)
    items = json.loads((out / "changes.json").read_text())["items"]
    assert "28" in items[0]["title"]


def test_pages_that_are_full_never_change_again(home: QuickHome, tmp_path: Path) -> None:
    stored(home, 15)
    home.run("feeds", "build", str(tmp_path / "f"))
    before = (tmp_path / "f/changes-000001.atom").read_bytes()
    stored(home, 10, first=16)
    home.run("feeds", "build", str(tmp_path / "f"))
    assert (tmp_path / "f/changes-000001.atom").read_bytes() == before
    assert len(entries(tmp_path / "f/changes.atom")) == 15


def imported(home: QuickHome, text: str) -> None:
    line = {"url": "http://www.linshan.example/1.html", "title": "关于报送材料的通知, 急", "text": text, "published_date": "2026-03-02"}
    home.path.mkdir(exist_ok=True)
    (home.path / "in.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    home.run("import", str(home.path / "in.jsonl"))


def test_deadlines_are_listed_with_their_sentence_and_as_a_calendar(home: QuickHome) -> None:
    next_year = datetime.now(ZONE).year + 1
    imported(home, f"请于{next_year}年5月8日前将材料报送办公室。报名时间：{next_year}年6月1日9:00至6月3日17:30。\n请于2020年1月1日前报送。")
    found = [json.loads(line) for line in home.run("deadlines", "--json").stdout.splitlines()]
    assert [(d["notice"], d["end"]) for d in found] == [(1, f"{next_year}-05-09T00:00:00"), (1, f"{next_year}-06-03T17:30:00")]
    assert "材料报送办公室" in found[0]["sentence"]
    assert len(home.run("deadlines", "--all", "--json").stdout.splitlines()) == 3
    events = Calendar.from_ical(home.run("deadlines", "1", "--ics").stdout).walk("VEVENT")
    assert [(e.decoded("dtstart").isoformat()[:16], e.decoded("dtend").isoformat()[:16]) for e in events] == [
        (f"{next_year}-05-08", f"{next_year}-05-09"), (f"{next_year}-06-01T09:00", f"{next_year}-06-03T17:30"),
    ]  # fmt: skip
    assert "材料报送办公室" in events[0]["description"]
    change_sql(home, "update notice set state = 'withdrawn'")
    (first, _second) = Calendar.from_ical(home.run("deadlines", "--ics").stdout).walk("VEVENT")
    assert (first["status"], first["uid"]) == ("CANCELLED", events[0]["uid"])
    assert "999" in home.run("deadlines", "999", check=2).stderr


def test_term_without_an_end_day_is_listed_with_its_sentence(home: QuickHome) -> None:
    imported(home, "公示期为5个工作日，对公示内容有异议的请反映。请于2020年1月1日前报送材料。")
    assert home.run("deadlines", "--json").stdout == ""
    for words in (("--all",), ("1", "--all")):
        dated, term = (json.loads(line) for line in home.run("deadlines", *words, "--json").stdout.splitlines())
        assert (dated["end"], term["end"], term["label"], dated.keys()) == ("2020-01-02T00:00:00", None, "公示期", term.keys())
        assert term["sentence"] == "公示期为5个工作日，对公示内容有异议的请反映"
    assert "公示期为5个工作日" in home.run("deadlines", "1").stdout
