"""Leads to what a source may have published and the archive lacks."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.quick_home import QuickHome
from tests.support.site_server import list_page, notice_path, serving, small_site


def _imported(home: QuickHome, numbers: list[int], days: list[date]) -> None:
    lines = [
        {
            "url": f"http://a.example/{n}",
            "title": f"通知{n}",
            "text": "河道。",
            "published_date": str(day),
            "document_number": f"临水〔2026〕{n}号",
        }
        for n, day in zip(numbers, days, strict=True)
    ]
    file = home.path.parent / "lines.jsonl"
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    home.run("import", str(file))


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    return QuickHome(tmp_path / "home")


def _found(home: QuickHome) -> dict[str, object]:
    (one,) = [json.loads(line) for line in home.run("completeness", "--json").stdout.splitlines()]
    return dict(one)


def test_gaps_of_numbers_and_of_days_are_named(home: QuickHome) -> None:
    numbers = [n for n in range(1, 21) if n not in (4, 11, 12)]
    days = [date(2026, 3, 2) + timedelta(days=2 * k + (40 if k > 9 else 0)) for k in range(len(numbers))]
    _imported(home, numbers, days)
    found = _found(home)
    assert found["number_gaps"] == [{"series": "临水 2026", "archived": 17, "highest": 20, "missing_count": 3, "missing": [4, 11, 12]}]
    assert found["date_gaps"] == [{"after": str(days[9]), "before": str(days[10]), "days": 42}]
    lines = home.run("completeness").stdout
    assert "17 of 20 numbers archived; not archived: 4, 11, 12" in lines
    assert "2 leads" in lines


def test_series_that_is_mostly_unpublished_and_steady_days_are_no_lead(home: QuickHome) -> None:
    numbers = [3, 30, 61, 99, 140, 180]
    _imported(home, numbers, [date(2026, 3, 2) + timedelta(days=k) for k in range(6)])
    assert (_found(home)["number_gaps"], _found(home)["date_gaps"]) == ([], [])
    assert "no lead" in home.run("completeness").stdout
    assert "the archive knows no source" in home.run("completeness", "nobody", check=2).stderr


def test_entries_of_lists_that_are_not_archived_are_counted(home: QuickHome) -> None:
    site = small_site(5, per_page=5)
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([9, 8, 5, 4, 3, 2, 1], 0, 1)
    assert notice_path(9) not in site.pages
    with serving(site):
        home.source(site.base)
        home.run("crawl", check=None)
    found = _found(home)
    assert (found["listed"], found["archived"], found["not_archived"]) == (7, 5, {"gone": 2})
    assert "2 entries are not archived: gone" in home.run("completeness", "linshan").stdout
