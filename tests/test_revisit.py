"""Archived notices are read again: what a silent edit, a disappearance and an outage leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive_home import Home
from tests.site_server import Page, Site, notice_page, notice_path, serving, small_site

HTML = {"Content-Type": "text/html; charset=utf-8"}
DEAD: Page = (404, HTML, b"<html><body>404 Not Found</body></html>")
DOCX_LIST = "/tzgg/files/list.txt"


def crawl(home: Home, *options: str, check: int | None = 0) -> None:
    home.run("crawl", "linshan", *options, check=check)


def later(home: Home, days: float) -> None:
    """Let that many days pass: every time in the archive moves back."""
    import sqlite3

    moved = {
        "listing": ("first_listed_at", "last_listed_at", "read_at", "read_again_at"),
        "notice": ("first_seen_at", "last_seen_at"),
        "observation": ("observed_at",),
        "run": ("started_at", "finished_at"),
    }
    with sqlite3.connect(home.path / "notices.db") as raw:
        for table, columns in moved.items():
            for column in columns:
                raw.execute(f"update {table} set {column} = strftime('%Y-%m-%d %H:%M:%f000', {column}, ?)", (f"-{days} days",))


def states(home: Home) -> dict[str, str]:
    return dict(home.rows("select substr(url, -9, 4), state from notice"))


def revisions(home: Home) -> int:
    return int(home.rows("select count(*) from revision")[0][0])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_notices_are_read_again_when_they_are_due_and_not_before(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home)
        assert [site.requests[notice_path(n)] for n in (1, 2, 3)] == [1, 1, 1]
        later(home, 1.1)
        crawl(home)
        crawl(home)
        assert [site.requests[notice_path(n)] for n in (1, 2, 3)] == [2, 2, 2]
        later(home, 4)
        crawl(home)
        assert site.requests[notice_path(1)] == 2
        later(home, 2.1)
        crawl(home)
        assert site.requests[notice_path(1)] == 3
    assert revisions(home) == 3


def test_furniture_makes_no_revision_and_one_character_makes_one(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(1)] = notice_page(1).replace(b'<div class="nav">', "<div class='nav'>今天是星期一，浏览次数：77 ".encode())
        site.pages[notice_path(2)] = notice_page(2).replace("汛期前".encode(), "汛期后".encode())
        crawl(home, "--again")
        assert home.rows("select n from revision join notice on notice.id = notice_id where url like '%1002.html' order by n") == [(1,), (2,)]
        assert revisions(home) == 4
        crawl(home, "--again")
        assert revisions(home) == 4
    assert home.search("汛期后完成")["total"] == 1
    assert home.search("防汛")["total"] == 3


def test_what_the_server_calls_unchanged_is_not_sent_again(home: Home) -> None:
    site = small_site(2)

    def with_validators(n: int) -> None:
        site.pages[notice_path(n)] = lambda count: (
            (304, {"ETag": '"v1"'}, b"") if count else (200, {**HTML, "ETag": '"v1"'}, notice_page(n))
        )

    with_validators(1)
    with_validators(2)
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home, "--again")
    assert site.requests[notice_path(1)] == 2
    assert revisions(home) == 2
    assert home.rows("select etag from listing") == [('"v1"',), ('"v1"',)]
    home.run("verify")


def site_with_file(content: bytes) -> Site:
    site = small_site(1)
    site.pages[notice_path(1)] = notice_page(1, extra=f'<a href="{DOCX_LIST}">附件：名单.txt</a>')
    site.pages[DOCX_LIST] = (200, {"Content-Type": "text/plain; charset=utf-8"}, content)
    return site


def test_changed_attachment_behind_an_unchanged_page_makes_one_revision(home: Home) -> None:
    site = site_with_file("甲村 三十户".encode())
    page = site.pages[notice_path(1)]
    assert isinstance(page, bytes)
    site.pages[notice_path(1)] = lambda count: (304, {}, b"") if count else (200, {**HTML, "ETag": '"v1"'}, page)
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home, "--again")
        assert revisions(home) == 1
        site.pages[DOCX_LIST] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "甲村 三十一户".encode())
        crawl(home, "--again")
    assert revisions(home) == 2
    assert home.search("三十一户")["total"] == 1


def test_attachment_that_cannot_be_had_for_once_makes_no_revision(home: Home) -> None:
    site = site_with_file("甲村 三十户".encode())
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[DOCX_LIST] = DEAD
        crawl(home, "--again")
    assert revisions(home) == 1
    assert home.search("三十户")["total"] == 1


def test_budget_bounds_what_is_read_again_and_the_longest_due_comes_first(home: Home) -> None:
    site = small_site(6)
    home.environment["NOTICES_REVISIT_BUDGET"] = "2"
    with serving(site):
        home.source(site.base)
        crawl(home)
        later(home, 2)
        crawl(home)
        assert sum(site.requests[notice_path(n)] for n in range(1, 7)) == 8
        crawl(home)
        crawl(home)
        assert [site.requests[notice_path(n)] for n in range(1, 7)] == [2] * 6


def test_page_that_stays_dead_is_missing_then_withdrawn_then_back(home: Home) -> None:
    site = small_site(4)
    with serving(site):
        home.source(site.base)
        crawl(home)
        good = site.pages[notice_path(2)]
        site.pages[notice_path(2)] = DEAD
        for days, state in ((1.1, "missing"), (3.1, "missing"), (7.1, "withdrawn")):
            later(home, days)
            crawl(home)
            assert states(home) == {"1001": "listed", "1002": state, "1003": "listed", "1004": "listed"}
        assert home.search("防汛 状态:withdrawn")["total"] == 1
        assert home.search("第2号河段")["total"] == 1
        number = home.rows("select id from notice where url like '%1002.html'")[0][0]
        assert "http_404" in home.run("history", str(number)).stdout
        site.pages[notice_path(2)] = good
        later(home, 8)
        crawl(home)
        assert states(home)["1002"] == "back"
        assert home.search("状态:back 防汛")["total"] == 1
    assert revisions(home) == 4
    home.run("verify")


def test_soft_404_counts_as_a_dead_answer(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(1)] = "<html><head><title>页面不存在</title></head><body>您访问的页面不存在或已被删除</body></html>".encode()
        later(home, 1.1)
        crawl(home)
    assert states(home)["1001"] == "missing"
    assert home.rows("select evidence from observation") == [("soft_404",)]
    assert revisions(home) == 3


@pytest.mark.parametrize(
    ("page", "evidence"),
    [
        ((403, HTML, b"forbidden"), "blocked"),
        pytest.param((503, HTML, b"busy"), "blocked", marks=pytest.mark.long),
        pytest.param((500, HTML, b"x"), "http_500", marks=pytest.mark.long),
    ],
)
def test_refusals_never_withdraw_a_notice(home: Home, page: Page, evidence: str) -> None:
    site = small_site(2)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(1)] = page
        for days in (1.1, 3.1, 7.1, 9.1):
            later(home, days)
            crawl(home, check=None)
    assert states(home)["1001"] == "missing"
    assert {e for (e,) in home.rows("select evidence from observation")} == {evidence}
    assert home.search("第1号河段")["total"] == 1


def test_outage_of_the_whole_site_withdraws_nothing(home: Home) -> None:
    site = small_site(8)
    with serving(site):
        home.source(site.base)
        crawl(home)
        for n in range(1, 9):
            site.pages[notice_path(n)] = DEAD
        for days in (1.1, 3.1, 7.1, 9.1):
            later(home, days)
            crawl(home, check=None)
    assert set(states(home).values()) == {"missing"}


def test_notice_off_the_list_is_missing_until_its_page_is_seen(home: Home) -> None:
    site = small_site(3)
    shorter = small_site(2).pages["/tzgg/"]
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = shorter
        later(home, 0.1)
        crawl(home, "--full")
        assert states(home)["1003"] == "missing"
        crawl(home)
        assert states(home)["1003"] == "listed"
        later(home, 0.1)
        crawl(home, "--full")
        assert states(home)["1003"] == "listed"
    assert [e for (e,) in home.rows("select evidence from observation")] == ["gone_from_list", "seen"]
