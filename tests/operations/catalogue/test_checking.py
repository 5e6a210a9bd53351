"""Looks at lists: how a column is judged, what the archive remembers, what a bad process does to the others."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawler.source import Column, Source
from notices.config import Config, load_config
from operations.catalogue import checking
from operations.catalogue.checking import CheckState, ColumnCheck, Looked, check_lists, judged

AT = datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC)
A, B = "http://www.lanxi.example/tzgg/", "http://www.lanxi.example/gsgg/"


def source(name: str, *urls: str) -> Source:
    columns = [Column(name=url, url=url) for url in urls]
    return Source(name=name, site="", publisher="", region="990100", written=date(2026, 11, 1), schedule="0 8 * * *", columns=columns)


def config_of(home: Path, **settings: str) -> Config:
    return load_config({"NOTICES_HOME": str(home), **settings})


def test_a_column_is_judged_by_its_own_entries_and_problems() -> None:
    looked = Looked([(A, date(2026, 11, 20)), (A, None)], [f"list {B}: HTTP 404"])
    good, bad = judged(source("lanxi", A, B), looked, AT)
    assert (good.reads, good.entries, good.dated, good.newest, good.read_at) == (True, 2, 1, date(2026, 11, 20), AT)
    assert (bad.reads, bad.problem, bad.read_at) == (False, f"list {B}: HTTP 404", None)
    [silent] = judged(source("lanxi", B), Looked([], []), AT)
    assert silent.problem == "no entries found"


def test_state_remembers_when_a_column_was_last_read(tmp_path: Path) -> None:
    path = tmp_path / "checks.jsonl"
    CheckState(path).note([ColumnCheck(A, AT, 3, 3, date(2026, 11, 20), read_at=AT)])
    later = datetime(2026, 11, 27, tzinfo=UTC)
    [kept] = CheckState(path).note([ColumnCheck(A, later, problem="HTTP 500")])
    assert (kept.read_at, kept.checked_at) == (AT, later)
    assert CheckState(path).of(A.replace("http://www", "HTTP://WWW")) == kept
    assert CheckState(path).of(B) is None


@pytest.mark.parametrize("tail", [b'{"url": "http://x', b"\xff\xfe\n", b"[]\n", b'{"url": 1}\n'])
def test_damaged_line_costs_only_itself(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "checks.jsonl"
    CheckState(path).note([ColumnCheck(A, AT, 3, read_at=AT)])
    path.write_bytes(path.read_bytes() + tail)
    CheckState(path).note([ColumnCheck(B, AT, problem="HTTP 404")])
    state = CheckState(path)
    assert state.of(A) is not None
    assert state.of(B) is not None


def test_state_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "checks.jsonl"
    for minute in range(200):
        CheckState(path).note([ColumnCheck(A, AT.replace(minute=minute % 60), minute, read_at=AT)])
    assert len(path.read_bytes().splitlines()) <= 64
    kept = CheckState(path).of(A)
    assert kept is not None
    assert kept.entries == 199


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import sys; sys.exit('boom')", "code 1: boom"),
        ("import os; os.abort()", "code -6"),
        ("print('not JSON')", "code 0: without a message"),
        ("import time; time.sleep(60)", "no result within"),
    ],
)
def test_bad_process_is_a_problem_of_its_source_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, problem: str) -> None:
    good = 'import sys; sys.stdout.write(\'{"entries": [["%s", null]], "problems": []}\')' % B  # noqa: UP031
    script = f"import sys\ns = sys.stdin.buffer.read()\nexec({good!r} if b'gsgg' in s else {code!r})"
    monkeypatch.setattr(checking, "_COMMAND", [sys.executable, "-c", script])
    monkeypatch.setattr(checking, "_MOST_SECONDS", 5.0)
    checks = {c.source.name: c for c in check_lists([source("a", A), source("b", B)], config_of(tmp_path))}
    assert problem in checks["a"].columns[0].problem
    assert checks["b"].columns[0].reads


def test_looks_end_when_their_reader_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = "import sys, time; s = sys.stdin.buffer.read(); time.sleep(0 if b'\"a\"' in s else 600)"
    monkeypatch.setattr(checking, "_COMMAND", [sys.executable, "-c", quick])
    looks = check_lists([source("a", A), source("b", "http://b.example/")], config_of(tmp_path))
    assert next(looks).source.name == "a"
    looks.close()  # type: ignore[attr-defined]  # would wait ten minutes for the other


def test_one_host_is_asked_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    script = f"import sys, time; s = sys.stdin.buffer.read(); f = open({str(log)!r}, 'a'); f.write('+'); f.flush(); time.sleep(0.1); f.write('-')"
    monkeypatch.setattr(checking, "_COMMAND", [sys.executable, "-c", script])
    urls = [f"http://www.lanxi.example/{n}/" for n in range(3)]
    found = list(check_lists([source(f"s{n}", url) for n, url in enumerate(urls)], config_of(tmp_path, NOTICES_CRAWL_JOBS="3")))
    assert [c.source.name for c in found] == ["s0", "s1", "s2"]
    assert log.read_text() == "+-+-+-"
