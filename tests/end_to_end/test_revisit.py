"""Archived notices are read again: when, how many in a run, and what a silent edit leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.passing_days import DEAD, crawl, later, revisions
from tests.support.site_server import Site, notice_page, notice_path, serving, small_site

VILLAGES = "/tzgg/files/list.txt"


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
        crawl(home, revisit=True)
        assert home.rows("select n from revision join notice on notice.id = notice_id where url like '%1002.html' order by n") == [
            (1,),
            (2,),
        ]
        assert revisions(home) == 4
        crawl(home, revisit=True)
        assert revisions(home) == 4
    home.run("index")
    assert home.search("汛期后完成")["total"] == 1
    assert home.search("防汛")["total"] == 3


def test_what_the_server_calls_unchanged_is_not_sent_again(home: Home) -> None:
    site = small_site(2)
    site.tags = {notice_path(1): '"v1"', notice_path(2): '"v1"'}
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home, revisit=True)
        assert site.unsent == {notice_path(1): 1, notice_path(2): 1}
        assert home.rows("select evidence, detail from observation") == [("seen", "HTTP 304")] * 2
        site.tags[notice_path(1)] = '"v2"'
        site.pages[notice_path(1)] = notice_page(1).replace("汛期前".encode(), "汛期后".encode())
        crawl(home, revisit=True)
    assert site.unsent == {notice_path(1): 1, notice_path(2): 2}
    assert revisions(home) == 3
    assert home.rows("select etag from listing order by key") == [('"v2"',), ('"v1"',)]
    home.run("index")
    home.run("verify")


def site_with_file(content: bytes) -> Site:
    site = small_site(1)
    site.pages[notice_path(1)] = notice_page(1, extra=f'<a href="{VILLAGES}">附件：名单.txt</a>')
    site.pages[VILLAGES] = (200, {"Content-Type": "text/plain; charset=utf-8"}, content)
    return site


def test_changed_attachment_behind_an_unchanged_page_makes_one_revision(home: Home) -> None:
    site = site_with_file("甲村 三十户".encode())
    site.tags = {notice_path(1): '"page"', VILLAGES: '"list"'}
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home, revisit=True)
        assert revisions(home) == 1
        assert site.unsent == {notice_path(1): 1, VILLAGES: 1}
        site.tags[VILLAGES] = '"newer list"'
        site.pages[VILLAGES] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "甲村 三十一户".encode())
        crawl(home, revisit=True)
    assert revisions(home) == 2
    home.run("index")
    assert home.search("三十一户")["total"] == 1


def test_attachment_that_cannot_be_had_for_once_makes_no_revision(home: Home) -> None:
    site = site_with_file("甲村 三十户".encode())
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[VILLAGES] = DEAD
        crawl(home, revisit=True)
    assert revisions(home) == 1
    home.run("index")
    assert home.search("三十户")["total"] == 1


@pytest.mark.long
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


@pytest.mark.long
def test_new_notices_come_before_those_that_are_read_again(home: Home) -> None:
    site = small_site(4)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages = small_site(7).pages
        later(home, 2)
        crawl(home)
    read = [url[-9:-5] for (url,) in home.rows("select url from snapshot where kind = 'detail' order by id")]
    assert (set(read[4:7]), set(read[7:])) == ({"1005", "1006", "1007"}, {"1001", "1002", "1003", "1004"})


@pytest.mark.long
def test_limit_holds_for_what_is_read_again_too(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        crawl(home, revisit=True, limit=1)
    assert sum(site.requests[notice_path(n)] for n in (1, 2, 3)) == 4


@pytest.mark.long
def test_no_ages_mean_that_nothing_is_read_again(home: Home) -> None:
    site = small_site(2)
    home.environment["NOTICES_REVISIT_DAYS"] = ""
    with serving(site):
        home.source(site.base)
        crawl(home)
        later(home, 400)
        crawl(home)
    assert site.requests[notice_path(1)] == 1
