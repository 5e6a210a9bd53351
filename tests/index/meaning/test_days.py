"""A day is found in whatever notation it was written, on both engines."""

from __future__ import annotations

import json

import pytest

from index.meaning.days import day_notations
from tests.support.quick_home import QuickHome

WRITTEN = {
    "http://a.example/1": "自2026年1月3日起实行值守",
    "http://a.example/2": "定于2026-01-03进行管制",
    "http://a.example/3": "二〇二六年一月三日放假",
    "http://a.example/4": "2026.01.03发布",
    "http://a.example/5": "2026年1月31日、2026-01-30、2026-1-31截止",
}


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    made = QuickHome(tmp_path_factory.mktemp(request.param) / "home")
    made.environment["NOTICES_INDEX"] = f"{request.param}://{made.path}/{request.param}"
    lines = [json.dumps({"url": url, "title": f"关于第{n}项工作的通知", "text": text}) for n, (url, text) in enumerate(WRITTEN.items())]
    made.run("import", "-", stdin="\n".join(lines))
    return made


@pytest.mark.parametrize("query", ["2026-01-03", "2026年1月3日", "2026/1/3", "2026.01.03", "二〇二六年一月三日"])
def test_day_finds_every_notation_and_no_other_day(home: QuickHome, query: str) -> None:
    found = json.loads(home.run("search", "--json", "--", query).stdout)
    exact = {hit["url"] for hit in found["hits"] if hit["exact"]}
    assert exact == set(list(WRITTEN)[:4])


def test_day_among_other_words_is_found_so_too(home: QuickHome) -> None:
    found = json.loads(home.run("search", "--json", "2026-01-03 值守").stdout)
    assert [hit["url"] for hit in found["hits"] if hit["exact"]] == ["http://a.example/1"]


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13", "2026", "2026-1/3", "1月3日", "2026-01-033", "防汛"])
def test_other_texts_are_no_days(text: str) -> None:
    assert day_notations(text) == ()


def test_last_days_of_a_month_are_written_without_zeros_too() -> None:
    assert {"2026-1-31", "2026/1/31", "二〇二六年一月三十一日"} <= set(day_notations("2026年1月31日"))
    assert "2026-1-3" not in day_notations("2026年1月3日")
