"""Notices that disappear: what proves it, what does not, and what the archive keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.passing_days import DEAD, HTML, crawl, evidence, later, revisions, states
from tests.support.site_server import Page, Site, notice_page, notice_path, serving, small_site

DAYS_OF_LOOKS = (1.1, 3.1, 7.1)
GONE_PAGE = "<html><head><title>页面不存在</title></head><body>您访问的页面不存在或已被删除</body></html>".encode()
HOME_PAGE = "<html><head><title>临杉市人民政府</title></head><body><h1>临杉市人民政府</h1><p>欢迎访问本网站。</p></body></html>".encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_page_that_stays_dead_is_missing_then_withdrawn_then_back(home: Home) -> None:
    site = small_site(4)
    with serving(site):
        home.source(site.base)
        crawl(home)
        good = site.pages[notice_path(2)]
        site.pages[notice_path(2)] = DEAD
        for days, state in zip(DAYS_OF_LOOKS, ("missing", "missing", "withdrawn"), strict=True):
            later(home, days)
            crawl(home)
            assert states(home) == {"1001": "listed", "1002": state, "1003": "listed", "1004": "listed"}
        home.run("index")
        assert home.search("防汛 状态:withdrawn")["total"] == 1
        assert home.search("第2号河段")["total"] == 1
        told = [json.loads(line) for line in home.run("history", "临政发〔2026〕2号", "--json").stdout.splitlines()]
        assert [e["event"] for e in told if e["event"] != "revision"] == ["observed", "state", "observed", "observed", "state"]
        assert [e["state"] for e in told if e["event"] == "state"] == ["missing", "withdrawn"]
        shown = json.loads(home.run("show", "临政发〔2026〕2号", "--json").stdout)
        assert "withdrawn since" in home.run("show", "临政发〔2026〕2号").stdout
        assert (shown["presence"]["state"], shown["presence"]["evidence"]) == ("withdrawn", "http_404")
        site.pages[notice_path(2)] = good
        later(home, 8)
        crawl(home)
        assert states(home)["1002"] == "back"
        home.run("index")
        assert home.search("状态:back 防汛")["total"] == 1
    assert evidence(home, 2) == ["http_404", "http_404", "http_404", "seen"]
    assert revisions(home) == 4
    home.run("verify")


@pytest.mark.long
def test_other_pages_of_the_site_are_looked_at_beside_one_that_was_dead(home: Home) -> None:
    site = small_site(6)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(2)] = DEAD
        later(home, 1.1)
        crawl(home)
        before = site.requests.total()
        later(home, 1.1)
        crawl(home)
    assert sum(evidence(home, n) == ["seen", "seen"] for n in range(1, 7)) == 3
    assert site.requests.total() - before < 10
    assert [healthy for (healthy,) in home.rows("select site_healthy from observation where evidence = 'http_404'")] == [1, 1]


@pytest.mark.long
@pytest.mark.parametrize("gone", [(200, HTML, GONE_PAGE), (410, HTML, b"gone")], ids=["soft 404", "410"])
def test_other_ways_to_say_that_a_page_is_gone(home: Home, gone: Page) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(1)] = gone
        for days in DAYS_OF_LOOKS:
            later(home, days)
            crawl(home)
    assert states(home) == {"1001": "withdrawn", "1002": "listed", "1003": "listed"}
    assert evidence(home, 1) == ["soft_404" if gone[0] == 200 else "http_410"] * 3
    assert revisions(home) == 3


def test_archived_page_that_leads_to_the_home_page_is_gone_and_its_text_stays(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        site.pages[notice_path(1)] = (302, {"Location": "/"}, b"")
        site.pages["/"] = HOME_PAGE
        crawl(home, revisit=True)
        assert evidence(home, 1) == ["soft_404"]
        site.pages[notice_path(1)] = (302, {"Location": "/moved/1.html"}, b"")
        site.pages["/moved/1.html"] = notice_page(1)
        crawl(home, revisit=True)
    assert states(home)["1001"] == "back"
    assert revisions(home) == 3
    home.run("index")
    assert home.search("第1号河段")["total"] == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("page", "said"),
    [((503, HTML, b"busy"), "blocked"), ((403, HTML, b"forbidden"), "blocked"), ((500, HTML, b"x"), "http_500")],
    ids=["503", "403", "500"],
)
def test_page_that_is_refused_is_missing_until_it_reads_again_and_never_withdrawn(home: Home, page: Page, said: str) -> None:
    site = small_site(2)
    with serving(site):
        home.source(site.base)
        crawl(home)
        good = site.pages[notice_path(1)]
        site.pages[notice_path(1)] = page
        for days in (*DAYS_OF_LOOKS, 9.1):
            later(home, days)
            crawl(home, check=None)
            assert states(home)["1001"] == "missing"
        assert evidence(home, 1) == [said] * 4
        home.run("index")
        assert home.search("第1号河段 状态:missing")["total"] == 1
        site.pages[notice_path(1)] = good
        later(home, 31)
        crawl(home)
    assert states(home) == {"1001": "listed", "1002": "listed"}
    home.run("index")
    assert home.search("第1号河段 状态:listed")["total"] == 1


def test_challenge_in_the_place_of_every_page_withdraws_nothing_and_changes_no_text(home: Home) -> None:
    site = small_site(3)
    challenge = (
        "<html><head><title>安全验证</title></head><body><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></body></html>".encode()
    )
    with serving(site):
        home.source(site.base)
        crawl(home)
        for n in (1, 2, 3):
            site.pages[notice_path(n)] = (412, HTML, challenge)
        for days in DAYS_OF_LOOKS:
            later(home, days)
            crawl(home, check=None)
    assert set(states(home).values()) == {"missing"}
    assert set(evidence(home, 1)) == {"blocked"}
    assert revisions(home) == 3


def test_host_that_is_down_makes_a_few_missing_and_withdraws_nothing(home: Home) -> None:
    site = small_site(9)
    with serving(site):
        home.source(site.base)
        crawl(home)
    for looked_at in (3, 6):
        later(home, 7.1)
        crawl(home, check=3)
        assert sorted(states(home).values()) == ["listed"] * (9 - looked_at) + ["missing"] * looked_at
    assert {found for n in range(1, 10) for found in evidence(home, n)} == {"host_down"}
    assert "host_down" in home.run("show", first_missing(home)).stdout


@pytest.mark.long
@pytest.mark.parametrize("notices", [2, 8])
def test_outage_of_all_pages_withdraws_nothing(home: Home, notices: int) -> None:
    site = small_site(notices)
    with serving(site):
        home.source(site.base)
        crawl(home)
        for n in range(1, notices + 1):
            site.pages[notice_path(n)] = DEAD
        for days in (*DAYS_OF_LOOKS, 9.1):
            later(home, days)
            crawl(home, check=None)
        assert set(states(home).values()) == {"missing"}
        site.pages = small_site(notices).pages
        later(home, 31)
        crawl(home)
    assert set(states(home).values()) == {"back"}
    assert revisions(home) == notices


def first_missing(home: Home) -> str:
    return str(home.rows("select id from notice where state = 'missing' order by id limit 1")[0][0])


@pytest.mark.long
def test_site_whose_pages_all_fail_is_asked_for_one_batch_and_the_run_says_so(home: Home) -> None:
    site = small_site(60, per_page=60)
    with serving(site):
        home.source(site.base)
        crawl(home)
        for n in range(1, 61):
            site.pages[notice_path(n)] = (500, HTML, b"x")
        crawl(home, revisit=True, check=3)
        assert home.rows("select count(*) from observation") == [(50,)]
        assert "wait for a later run" in home.rows("select reason from run order by id desc limit 1")[0][0]
        crawl(home, revisit=True, check=3)
        assert home.rows("select count(distinct notice_id) from observation") == [(60,)]


def off_the_list(site: Site) -> None:
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = small_site(2).pages["/tzgg/"]


@pytest.mark.long
def test_notice_off_the_list_is_listed_while_its_page_answers(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        off_the_list(site)
        for _ in range(3):
            later(home, 0.1)
            crawl(home, full=True)
    assert states(home)["1003"] == "listed"
    assert evidence(home, 3) == ["gone_from_list", "seen"]  # missing meanwhile
    assert site.requests[notice_path(3)] == 2


@pytest.mark.long
def test_notice_off_the_list_is_withdrawn_once_its_page_is_dead_for_long(home: Home) -> None:
    site = small_site(3)
    with serving(site):
        home.source(site.base)
        crawl(home)
        off_the_list(site)
        site.pages[notice_path(3)] = DEAD
        later(home, 0.1)
        crawl(home, full=True)  # its page is looked at in this run or in the next
        for days, state in zip((0.1, 3.1, 7.1), ("missing", "missing", "withdrawn"), strict=True):
            later(home, days)
            crawl(home, full=True)
            assert states(home)["1003"] == state
    assert sorted(evidence(home, 3)) == ["gone_from_list", "http_404", "http_404", "http_404"]
