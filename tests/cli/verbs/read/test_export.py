"""notices export: every notice once, the same on the web, and an end that says whether it is whole."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from notices.errors import DamageFound
from operations.read import export
from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    return archive_in(tmp_path_factory.mktemp("export"))


def test_all_notices_with_their_texts_end_in_their_count(home: QuickHome) -> None:
    *rows, end = map(json.loads, home.run("export", "--all").stdout.splitlines())
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert end == {"exported": 5}
    assert rows[0]["revision"] == 2
    assert "139****5678" in rows[0]["text"]
    assert "13912345678" in home.run("export", "--all", "--unmasked").stdout


def test_a_query_exports_its_exact_matches_and_each_copy(home: QuickHome) -> None:
    *rows, end = map(json.loads, home.run("export", "汛前检查").stdout.splitlines())
    assert sorted(row["id"] for row in rows) == [4, 5]
    assert end == {"exported": 2}
    assert home.run("export", "鱿鱼圈圈河").stdout == '{"exported": 0}\n'


def test_more_hits_than_a_page_are_each_exported_once(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PAGE", 2)
    monkeypatch.setattr(export, "_BATCH", 1)
    *rows, end = map(json.loads, home.run("export", "责任").stdout.splitlines())
    assert sorted(row["id"] for row in rows) == [1, 2, 3, 4, 5]
    assert end == {"exported": 5}


def test_a_table_for_spreadsheets(home: QuickHome, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    home.run("export", "--all", "--format", "csv", "-o", str(out))
    text = out.read_text(encoding="utf-8")
    assert text.startswith("\ufeffid,")
    head, *rows, end = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    assert len(rows) == 5
    assert len(head) == len(rows[0])
    assert end == ["# exported", "5"]


def test_the_web_hands_out_the_same(home: QuickHome) -> None:
    with reading_room(home) as room:
        answer = room.get("/export", params={"all": "1"})
        assert answer.text == home.run("export", "--all").stdout
        assert answer.headers["content-disposition"].startswith("attachment")
        assert room.get("/export", params={"q": "汛前", "format": "csv"}).text == home.run("export", "汛前", "--format", "csv").stdout
        assert room.get("/export", params={"q": "日期:2020-13"}).status_code == 400
        assert room.get("/export").status_code == 400
        assert room.get("/export?all=1&format=zzz").status_code == 400


def test_what_breaks_off_says_so_in_its_last_line() -> None:
    def found() -> object:
        yield {name: None for name in export.COLUMNS}
        raise DamageFound("row 2")

    for form, last in (("jsonl", '{"exported": 1, "error": "DamageFound: row 2"}\n'), ("csv", "# exported,1,DamageFound: row 2\r\n")):
        seen: list[str] = []
        with pytest.raises(DamageFound):
            seen.extend(export.lines(form, found()))  # type: ignore[arg-type]
        assert (seen or [""])[-1] in ("", last)
        kept = []
        with pytest.raises(DamageFound):
            for line in export.lines(form, found()):  # type: ignore[arg-type]
                kept.append(line)
        assert kept[-1] == last


def test_wrong_words(home: QuickHome) -> None:
    assert "query, --all or --packages" in home.run("export", check=2).stderr
    assert "query, --all or --packages" in home.run("export", "x", "--all", check=2).stderr
    assert "nowhere" in home.run("export", "--all", "-o", "/nowhere/x.csv", check=2).stderr


def test_memory_does_not_grow_with_the_number_of_notices(home: QuickHome) -> None:
    database = create_engine(f"sqlite:///{home.path}/notices.db")
    peaks = []
    for times in (20, 200):
        tracemalloc.start()
        assert sum(1 for _ in export.rows(database, ([1, 2, 3] for _ in range(times)))) == 3 * times
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    database.dispose()
    assert peaks[1] < peaks[0] + 500_000
