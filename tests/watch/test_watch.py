"""Saved searches are told of each change once: by the new or the old revision, never of the baseline."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from index.engine import Document
from index.search import read_query
from notices.config import load_config
from notices.errors import UserError
from notices.model import Notice
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.oracle import found as scanned
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome
from watch.matcher import Matcher
from watch.matching import match_new

URL = "http://www.linshan.example/{}.html"
Store = Callable[..., None]
WORDS = ("河道", "管护", "河道管护", "甲类", "林长", "照办", "5", "河", "2020", "通知")


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    return QuickHome(tmp_path)


@pytest.fixture
def store(home: QuickHome) -> Store:
    """Store a reading as a later crawl would."""
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    source = source_id(database, "linshan")

    def one(n: int, text: str, *, baseline: bool = False) -> None:
        with Session(database) as session, session.begin():
            reading = Reading(Notice(url=URL.format(n), title=f"关于第{n}项工作的通知", text=text), (), None, datetime.now(UTC))
            store_reading(session, source, reading, Occasion(None, baseline))

    return one


def run(home: QuickHome, *words: str, check: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in home.run("watch", "run", *words, "--json", check=check).stdout.splitlines()]


def brief(events: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [(e["watch"], e["event"], e["notice"], e["revision"]) for e in events]


def test_each_change_is_told_once_as_what_it_is(home: QuickHome, store: Store) -> None:
    store(1, "甲类河道管护。", baseline=True)
    home.run("watch", "add", "河", "河道管护")
    assert run(home) == []
    store(2, "河道管护从严。")
    store(3, "与此无关。")
    store(2, "河道管护从宽。")
    store(3, "也要河道管护。")
    store(1, "此项取消。")
    expected = [("河", "entered", 2, 1), ("河", "edited", 2, 2), ("河", "entered", 3, 2), ("河", "left", 1, 2)]
    events = run(home)
    assert brief(events) == expected
    assert events[0].keys() >= {"watch", "event", "notice", "revision", "url", "title", "seq"}
    assert run(home) == []


def test_baseline_and_mere_absence_are_not_told_but_withdrawal_and_return_are(home: QuickHome, store: Store) -> None:
    store(1, "河道管护。", baseline=True)
    home.run("watch", "add", "河", "河道")
    store(2, "河道。", baseline=True)
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    for kind in ("missing", "back", "missing", "withdrawn", "back", "corrected", "repealed"):
        with Session(database) as session, session.begin():
            note_change(session, kind, session.get_one(tables.NoticeRow, 1), datetime.now(UTC), Occasion(None, False))
    assert [e["event"] for e in run(home)] == ["withdrawn", "back", "repealed"]


def test_one_broken_watch_keeps_its_place_and_the_others_go_on(home: QuickHome, store: Store) -> None:
    store(1, "河道。", baseline=True)
    home.run("watch", "add", "好", "河道")
    home.run("watch", "add", "坏", "河道")
    change_sql(home, "update watch set query = '地区:火星' where name = '坏'")
    store(2, "河道。")
    done = home.run("watch", "run", "--json", check=3)
    assert (brief([json.loads(line) for line in done.stdout.splitlines()]), "坏" in done.stderr) == ([("好", "entered", 2, 1)], True)
    change_sql(home, "update watch set query = '河道' where name = '坏'")
    assert brief(run(home)) == [("坏", "entered", 2, 1)]


def test_pause_resume_list_and_remove(home: QuickHome, store: Store) -> None:
    store(1, "河道。", baseline=True)
    home.run("watch", "add", "河", "河道", "--every", "30 8 * * *")
    home.run("watch", "pause", "河")
    store(2, "河道。")
    home.run("watch", "resume", "河")
    store(3, "河道。")
    assert [e["notice"] for e in run(home)] == [3]
    shown = json.loads(home.run("watch", "list", "--json").stdout)
    assert (shown["name"], shown["query"], shown["hits"], shown["waiting"]) == ("河", "河道", 1, 0)
    home.run("watch", "remove", "河")
    assert home.run("watch", "list", "--json").stdout == ""


@pytest.mark.parametrize(
    ("words", "named"),
    [(("河", "地区:火星"), "火星"), (("河", "河道", "--every", "99 * * * *"), "99"), (("", "河道"), "name"), (("河", "河道", "--every", "0 0 31 2 *"), "31")],
)  # fmt: skip
def test_what_cannot_be_watched_is_refused(home: QuickHome, store: Store, words: tuple[str, ...], named: str) -> None:
    store(1, "河道。", baseline=True)
    assert named in home.run("watch", "add", *words, check=2).stderr
    assert home.run("watch", "list", "--json").stdout == ""
    assert "不在" in home.run("watch", "remove", "不在", check=2).stderr


def test_add_shows_what_to_expect(home: QuickHome) -> None:
    day = datetime.now(UTC).date().isoformat()
    lines = [{"url": URL.format(n), "title": "河道通知", "text": f"第{n}段河道，另有{n * 7}处。", "published_date": day} for n in range(3)]
    (home.path / "in.jsonl").write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    home.run("import", str(home.path / "in.jsonl"))
    shown = json.loads(home.run("watch", "add", "河", "河道", "--dry-run", "--json").stdout)["expected"]
    assert (shown["last_30_days"], shown["last_365_days"], shown["total"]) == (3, 3, 3)
    assert home.run("watch", "list", "--json").stdout == ""


def documents() -> st.SearchStrategy[list[Document]]:
    text = st.lists(st.sampled_from(WORDS), max_size=5).map("，".join)
    one = st.builds(lambda title, body, issuer, number: (title, body, issuer, number), text, text, text, text)
    return st.lists(one, max_size=6).map(
        lambda rows: [
            Document(id=n, revision=1, url=URL.format(n), title=a, text=b, issuer=c, document_number=d, kind="通知")
            for n, (a, b, c, d) in enumerate(rows, 1)
        ]
    )


def queries() -> st.SearchStrategy[str]:
    word = st.sampled_from((*WORDS, "标题:河道", "发文机关:河", "类型:通知", "文号:5"))
    return st.recursive(
        word,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(" ".join),
            st.tuples(inner, inner).map(lambda p: f"({p[0]} OR {p[1]})"),
            st.tuples(word, word).map(lambda p: f"{p[0]} -{p[1]}"),
        ),
        max_leaves=5,
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.lists(queries(), min_size=1, max_size=20))
def test_watches_match_what_an_exact_search_finds(found: list[Document], asked: list[str]) -> None:
    parsed = {}
    for text in asked:
        try:
            parsed[text] = read_query(text, exact=True)
        except UserError:
            continue
    matched = [(d.id, name) for d in found for name in Matcher(parsed).matching(d)]
    assert sorted(matched) == sorted((ident, name) for name, query in parsed.items() for ident in scanned(found, query.node))


def test_matching_goes_on_where_it_stopped(home: QuickHome, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store(1, "河道。", baseline=True)
    home.run("watch", "add", "河", "河道")
    for n in range(2, 12):
        store(n, "河道。")
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    monkeypatch.setattr("watch.matching._BATCH", 3)
    calls = iter(range(2))
    real = Matcher.matching

    def dies(self: Matcher, document: Document) -> set[str]:
        if document.id == 6:
            next(calls)
            raise SystemExit(137)
        return real(self, document)

    monkeypatch.setattr(Matcher, "matching", dies)
    with pytest.raises(SystemExit):
        match_new(database)
    monkeypatch.setattr(Matcher, "matching", real)
    assert [e["notice"] for e in run(home)] == list(range(2, 12))
