"""No request goes out before its site's robots.txt was answered, however many wait for it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.http.robots import rules_of
from tests.support.archive_home import Home
from tests.support.passing_days import crawl
from tests.support.site_server import Page, Site, notice_page, notice_path, serving, small_site

NOTICES = 12
FORBIDDEN = range(1, NOTICES + 1, 2)
SLOWLY = 1.0


def watched(site: Site, happened: list[str]) -> None:
    """Every page notes in `happened` that it was asked for."""

    def noting(path: str, page: Page | bytes) -> Callable[[int], Page]:
        answer = page if isinstance(page, tuple) else (200, {"Content-Type": "text/html; charset=utf-8"}, page)

        def asked(_count: int) -> Page:
            happened.append(path)
            return answer

        return asked

    for path, page in site.pages.items():
        assert not callable(page)
        site.pages[path] = noting(path, page)


def slow_robots(happened: list[str], status: int = 200) -> Callable[[int], Page]:
    """A robots.txt that takes its time and forbids every other notice."""
    rules = "".join(f"Disallow: {notice_path(n)}\n" for n in FORBIDDEN)

    def answer(_count: int) -> Page:
        time.sleep(SLOWLY)
        happened.append("robots.txt")
        return status, {"Content-Type": "text/plain"}, f"User-agent: *\n{rules}".encode()

    return answer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def left_over(home: Home, site: Site) -> None:
    """A run that found all notices and fetched one: the next begins with requests for all the others at once."""
    home.source(site.base)
    crawl(home, limit=1)
    assert home.rows("select count(*) from listing where state = 'pending'") == [(NOTICES - 1,)]


def test_requests_that_are_queued_at_once_all_wait_for_a_slow_robots_txt(home: Home) -> None:
    site, happened = small_site(NOTICES, per_page=NOTICES), list[str]()
    with serving(site):
        left_over(home, site)
        site.requests.clear()
        site.pages = {notice_path(n): notice_page(n) for n in range(1, NOTICES + 1)} | {
            "/tzgg/": small_site(NOTICES, NOTICES).pages["/tzgg/"]
        }
        watched(site, happened)
        site.pages["/robots.txt"] = slow_robots(happened)
        crawl(home)
    assert happened[0] == "robots.txt"
    assert site.requests["/robots.txt"] == 1
    assert not {notice_path(n) for n in FORBIDDEN} & set(happened)
    assert len({notice_path(n) for n in range(2, NOTICES + 1, 2)} & set(happened)) >= NOTICES // 2 - 1


@pytest.mark.long
def test_requests_that_wait_for_a_robots_txt_that_fails_are_never_sent(home: Home) -> None:
    site, happened = small_site(NOTICES, per_page=NOTICES), list[str]()
    with serving(site):
        left_over(home, site)
        watched(site, happened)
        site.pages["/robots.txt"] = slow_robots(happened, status=500)
        crawl(home, check=3)
    assert set(happened) == {"robots.txt"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_rules_are_read_in_every_encoding_of_unicode(encoding: str) -> None:
    rules = "User-agent: *\nDisallow: /private\n"
    assert rules_of(200, rules.encode(encoding)) == rules.encode()


def test_missing_robots_means_no_rules_and_a_failing_server_none_allowed() -> None:
    rules = b"User-agent: *\nDisallow: /private\n"
    assert rules_of(200, rules) == rules
    assert rules_of(200, b"\xff\xd8\xff\xe0" + b"JFIF\0" + bytes(range(256))) == b""
    assert rules_of(404, b"gone") == b""
    assert rules_of(200, b"<!DOCTYPE html><html>not found</html>") == b""
    assert b"Disallow: /\n" in rules_of(503, b"")


def test_robots_txt_that_cannot_be_fetched_is_told_in_one_line_and_with_no_trace(home: Home) -> None:
    site = small_site(1)
    with serving(site):
        home.source(site.base)
        site.pages["/robots.txt"] = (200, {"Content-Length": "99999999"}, b"User-agent: *")
        said = home.run("crawl", check=3).stderr
    assert "Traceback" not in said
    assert "robots.txt could not be read: DownloadCancelledError" in said
    assert str(site.base) in said
