"""The change log: one row for each thing that happened to a notice, in order, and what was there before is its baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.passing_days import DEAD, change_sql, crawl, later
from tests.support.quick_home import QuickHome
from tests.support.site_server import notice_page, notice_path, serving, small_site

OLD = {"url": "http://www.linshan.example/a.html", "title": "临杉市关于甲类河道管护的意见", "document_number": "临政〔2018〕5号",
       "text": "甲类河道按旧办法管护。", "published_date": "2018-03-01", "issuer": "临杉市人民政府"}  # fmt: skip
REPEALING = OLD | {"url": "http://www.linshan.example/b.html", "title": "临杉市关于河道管护的意见", "document_number": "临政〔2020〕9号",
                   "text": "《临杉市关于甲类河道管护的意见》（临政〔2018〕5号）同时废止。", "published_date": "2020-04-01"}  # fmt: skip


def told(home: QuickHome, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in home.run("changes", "--json", *words).stdout.splitlines()]


def brief(home: QuickHome, *words: str) -> list[tuple[str, int, int, bool]]:
    return [(c["kind"], c["notice"], c["revision"], c["baseline"]) for c in told(home, *words)]


def imported(home: QuickHome, *lines: dict[str, Any]) -> None:
    home.path.mkdir(exist_ok=True, parents=True)
    (home.path / "in.jsonl").write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    home.run("import", str(home.path / "in.jsonl"))


def test_first_run_is_the_baseline_and_what_comes_later_is_news(tmp_path: Path) -> None:
    home, site = QuickHome(tmp_path), small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        assert brief(home) == [("new", n, 1, True) for n in (1, 2, 3)]
        site.pages |= {
            path: page for path, page in small_site(4).pages.items() if path not in site.pages or "list" in path or path.endswith("/")
        }
        site.pages[notice_path(1)] = notice_page(1, "另有新的要求，请各县区照此执行。")
        later(home, 8)
        crawl(home)
    news = told(home, "--since", "3")
    assert {(c["kind"], c["revision"], c["baseline"]) for c in news} >= {("new", 1, False), ("edited", 2, False)}
    assert [c["seq"] for c in news] == list(range(4, 4 + len(news)))
    assert news[0].keys() >= {"seq", "kind", "notice", "revision", "url", "title", "at", "baseline"}
    home.run("verify")


def test_a_notice_that_goes_and_comes_back_is_told_each_time(tmp_path: Path) -> None:
    home, site = QuickHome(tmp_path), small_site(4)
    with serving(site):
        home.source(site.base)
        crawl(home)
        page = site.pages[notice_path(2)]
        site.pages[notice_path(2)] = DEAD
        for days in (1.1, 3.1, 7.1):
            later(home, days)
            crawl(home, code=None)
        site.pages[notice_path(2)] = page
        later(home, 8)
        crawl(home)
    assert [kind for kind, *_ in brief(home, "--since", "4")] == ["missing", "withdrawn", "back"]


def test_an_import_is_baseline_and_a_repeal_is_told_of_what_it_repeals(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    imported(home, OLD, REPEALING)
    imported(home, OLD | {"text": "甲类河道按新办法管护。"}, REPEALING)
    found = told(home)
    assert [(c["kind"], c["notice"]) for c in found] == [("new", 1), ("new", 2), ("repealed", 1), ("edited", 1)]
    assert (found[2]["by"], {c["baseline"] for c in found}) == (2, {True})


def test_lost_rows_are_damage_and_revisions_are_told_again(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    imported(home, OLD, REPEALING)
    change_sql(home, "delete from change where seq = 1")
    assert "change log" in home.run("verify", check=4).stdout
    home.run("repair", "--apply")
    home.run("verify")
    assert brief(home)[0] == ("new", 1, 1, True)


@pytest.mark.parametrize("since", ["gestern", "99", "-1", "2026-13-01"])
def test_a_cursor_that_is_none_names_the_value(tmp_path: Path, since: str) -> None:
    home = QuickHome(tmp_path)
    imported(home, OLD)
    assert since in home.run("changes", f"--since={since}", check=2).stderr


def test_follow_goes_on_after_the_last_and_a_date_is_a_cursor(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    imported(home, OLD, REPEALING)
    assert len(home.run("changes", "--follow", "--limit", "3", "--json").stdout.splitlines()) == 3
    assert (len(told(home, "--since", "2000-01-01")), told(home, "--since", "2999-01-01")) == (3, [])
