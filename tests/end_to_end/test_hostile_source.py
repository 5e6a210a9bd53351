"""A source that answers with the impossible, or not at all, ends in time and stops nobody else."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.site_server import Page, Site, notice_path, serving, small_site

HUGE = 99999999999999999999
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_statuses_that_http_does_not_have_are_not_kept_and_harm_no_other_source(home: Home) -> None:
    statuses = (HUGE, 1000, 7)
    evil, good = small_site(6, per_page=6), small_site(2, per_page=2)
    for n, status in enumerate(statuses, 1):
        evil.pages[notice_path(n)] = (status, HTML, b"<title>x</title>")
    with serving(evil), serving(good):
        home.source(evil.base, "evil")
        home.source(good.base, "good")
        home.run("crawl", "evil", "good", check=None)
    home.run("import", "-", stdin='{"url": "http://i.example/1", "title": "第一号公告", "text": "正文"}\n')
    home.run("verify")
    assert home.rows("select count(*) from notice") == [(3 + 2 + 1,)]
    assert home.rows("select max(status) from snapshot where status is not null")[0][0] <= 999
    reasons = [reason for (reason,) in home.rows("select reason from listing where state = 'failed'")]
    assert len(reasons) == len(statuses)
    assert all("is not of HTTP" in reason for reason in reasons)


def test_run_that_meets_silence_ends_when_its_time_is_over(home: Home) -> None:
    over = threading.Event()

    def silence(_: int) -> Page:
        over.wait(60)
        return 200, HTML, b""

    site = small_site(30, per_page=30)
    for n in range(3, 31):
        site.pages[notice_path(n)] = silence
    home.environment |= {"NOTICES_MAX_MINUTES_PER_RUN": "0.05", "NOTICES_REQUEST_TIMEOUT": "1"}
    with serving(site):
        home.source(site.base)
        began = time.monotonic()
        home.run("crawl", check=3)
        took = time.monotonic() - began
        over.set()
    assert took < 60  # three seconds of its own, what was under way, and a loaded machine; without a bound it is 28 x 4 s and pauses
    [(outcome, reason)] = home.rows("select outcome, reason from run where kind = 'crawl'")
    assert outcome == "partial"
    assert "minutes are over" in reason
    assert home.rows("select count(*) from listing where state = 'stored'")[0][0] <= 2


def _budget(home: Home, site: Site, **settings: str) -> tuple[str, str]:
    """The outcome and the reason of a run whose requests are counted."""
    home.environment |= {f"NOTICES_{key.upper()}": value for key, value in settings.items()}
    with serving(site):
        home.source(site.base)
        home.run("crawl", check=3)
    [found] = home.rows("select outcome, reason from run where kind = 'crawl'")
    return str(found[0]), str(found[1])


def test_requests_that_nothing_answers_are_bounded_and_the_entries_left_are_untried(home: Home) -> None:
    site = small_site(30, per_page=30)
    for n in range(3, 31):
        site.pages[notice_path(n)] = (500, HTML, b"")
    outcome, reason = _budget(home, site, max_pages_per_run="5")
    assert (outcome, reason) == ("partial", "its 15 requests are made (max_requests_per_run); the next run goes on")
    assert sum(site.requests.values()) == 15
    assert home.rows("select count(*) from listing where state = 'pending' and tries = 0")[0][0] > 20
    assert "its 15 requests are made" in home.run("runs", "1").stdout


def test_redirects_and_files_are_requests_too(home: Home) -> None:
    site = small_site(3, per_page=3)
    links = "".join(f'<p><a href="/files/{k}.pdf">附件{k}</a></p>' for k in range(9))
    for n in range(1, 4):
        page = site.pages[notice_path(n)]
        assert isinstance(page, bytes)
        site.pages[f"/moved/{n}.html"] = page.replace("<p>特此通知。</p>".encode(), links.encode())
        site.pages[notice_path(n)] = (302, {"Location": f"/moved/{n}.html"}, b"")
    outcome, reason = _budget(home, site, max_requests_per_run="20")
    assert outcome == "partial"
    assert "max_requests_per_run" in reason
    assert sum(site.requests.values()) == 20
    assert home.rows("select count(*) from attachment where detail like '%max_requests_per_run%'")[0][0] > 0
