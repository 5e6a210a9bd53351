"""The theme that a page's table names is a field; hits are sorted by the days of the archive and by their deadlines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from tests.support.site_server import notice_page, notice_path, serving, small_site

COUNT = 5
THEMES = {1: "水利、水务", 2: "城乡建设\\住房", 3: "水利、水务", 4: "", 5: "应急管理"}
DEADLINES = {1: "2026年12月20日", 2: "2026年11月30日", 4: "2027年1月15日"}
ARCHIVED = {1: "2026-03-02", 2: "2026-01-05", 3: "2026-02-09", 4: "2026-05-01", 5: "2026-04-03"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickHome]:
    home, site = QuickHome(tmp_path_factory.mktemp("theme") / "home"), small_site(COUNT, per_page=COUNT)
    for n, theme in THEMES.items():
        table = f"<table><tr><td>索引号</td><td>99-{n}</td><td>主题分类</td><td>{theme}</td></tr></table>"
        until = f"请于{DEADLINES[n]}前报送结果。" if n in DEADLINES else ""
        site.pages[notice_path(n)] = notice_page(n, until).replace(b"<h1>", f"{table if theme else ''}<h1>".encode())
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    with sqlite3.connect(home.path / "notices.db") as raw:
        for n, day in ARCHIVED.items():
            raw.execute("update notice set first_seen_at = ? where url like ?", (f"{day} 04:00:00.000000", f"%{notice_path(n)}"))
    raw.close()
    home.run("index", "--rebuild")
    return home


def order(home: QuickHome, *options: str) -> list[int]:
    """The numbers of the pages that are found, in order."""
    hits = home.search("堤防巡查", "--limit", "50", *options)["hits"]
    paths = {notice_path(n): n for n in THEMES}
    return [next(n for path, n in paths.items() if hit["url"].endswith(path)) for hit in hits]


def test_theme_is_stored_found_counted_and_shown(home: QuickHome) -> None:
    assert sorted(order(home, "--theme", "水利")) == [1, 3]
    assert sorted(order(home, "--theme", "住房", "--theme", "应急")) == [2, 5]
    answer = home.search("主题:水利 堤防巡查", "--facets")
    assert {hit["theme"] for hit in answer["hits"]} == {"水利、水务"}
    assert answer["facets"]["theme"] == [{"value": "水利、水务", "count": 2}]
    ident = str(answer["hits"][0]["id"])
    assert json.loads(home.run("show", ident, "--json").stdout)["theme"] == "水利、水务"
    assert "水利、水务" in home.run("export", "主题:水利").stdout
    with sqlite3.connect(home.path / "notices.db") as raw:
        assert raw.execute("select count(*) from revision where theme is not null").fetchone() == (4,)
    raw.close()
    home.run("verify")


def test_theme_that_is_rewritten_in_sql_is_found_by_verify(home: QuickHome, tmp_path: Path) -> None:
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("update revision set theme = '教育' where theme = '应急管理'")
    raw.close()
    assert "revision" in home.run("verify", check=4).stdout
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("update revision set theme = '应急管理' where theme = '教育'")
    raw.close()
    home.run("verify")


def test_hits_are_in_the_order_of_the_day_that_is_asked_for(home: QuickHome) -> None:
    newest_first = sorted(ARCHIVED, key=lambda n: ARCHIVED[n], reverse=True)
    assert order(home, "--sort", "archived") == newest_first
    assert order(home, "--sort", "deadline") == [2, 1, 4, 5, 3]  # 5 is over 3 in the list
    assert order(home, "--sort", "archived", "--all-copies") == newest_first
    assert sorted(order(home, "--sort", "changed")) == [1, 2, 3, 4, 5]
    first = home.search("堤防巡查", "--sort", "deadline", "--limit", "2")
    rest = home.search("堤防巡查", "--sort", "deadline", "--limit", "9", "--after", first["next"])
    assert [hit["deadline"] for hit in first["hits"] + rest["hits"]] == ["2026-11-30", "2026-12-20", "2027-01-15", None, None]


def test_reading_room_and_api_filter_by_theme_and_validity_and_sort(home: QuickHome) -> None:
    with reading_room(home) as room:
        page = room.get("/search?q=堤防巡查&lang=zh").text
        assert "theme=" in page
        assert "按截止时间" in page
        assert "facet theme" not in page
        found = room.get("/api/v1/search?q=堤防巡查&theme=住房&sort=deadline").json()["hits"]
        assert [hit["theme"] for hit in found] == ["城乡建设\\住房"]
        assert room.get("/api/v1/search?q=堤防巡查&validity=repealed").json()["total"] == 0
        assert room.get("/api/v1/search?q=堤防巡查&validity=unknown").json()["total"] == COUNT
        assert room.get("/api/v1/search?q=堤防巡查&sort=size").status_code == 400
        assert room.get("/search?q=堤防巡查&validity=maybe").status_code == 400
