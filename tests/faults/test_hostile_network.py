"""Connections that tear, lie or never end: nothing of them is stored as a page, retries are counted, the next run heals."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.faults.broken_server import BROKEN, PAGE, Answer, breaking
from tests.support.faults.watched import watched_crawl
from tests.support.site_server import Page, Site, list_page, notice_page, notice_path, serving, small_site

pytestmark = pytest.mark.faults

HTML = {"Content-Type": "text/html; charset=utf-8"}
GOOD = 6
QUICK = tuple(name for name in BROKEN if name not in ("slow", "slow_head", "silent", "endless_head"))  # which need no time-out
MOST_TRIES = 4  # one request and three retries
# What a request listens to before it gives up: of an answer of five bytes a second (85 in the second allowed), of a body beyond 8 MiB (with what
# the sockets' buffers take, 12 MB).
MOST_BYTES = {"slow": 200, "slow_head": 200, "endless_chunks": 32 << 20, "endless_body": 32 << 20}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.environment |= {"NOTICES_REQUEST_TIMEOUT": "1", "NOTICES_MAX_BODY_BYTES": str(8 << 20)}
    return made


def broken_site(names: Sequence[str] = tuple(BROKEN)) -> tuple[Site, dict[str, str]]:
    """A site of good notices with one for every way to break an answer; the broken paths by what breaks them."""
    total = GOOD + len(names)
    site = small_site(total, per_page=total)
    paths = {name: notice_path(GOOD + n) for n, name in enumerate(names, 1)}
    return site, paths


@pytest.mark.timeout(600)
def test_broken_answers_are_stored_by_none_retried_a_bounded_number_of_times_and_healed_by_the_next_run(home: Home, figure: Figure) -> None:
    site, paths = broken_site()
    answers = {path: BROKEN[name](notice_page(GOOD + n)) for n, (name, path) in enumerate(paths.items(), 1)}
    with breaking(site, answers):
        home.source(site.base)
        crawl = watched_crawl(home, "linshan")
        tries = {name: site.requests[path] for name, path in paths.items()}
        states = dict(home.rows("select url, state || ': ' || reason from listing where state != 'stored'"))
        stored = [name for name, path in paths.items() if f"{site.base}{path}" not in states]
        figure(
            "answers that tear, lie or never end",
            len(paths),
            f"stored as pages {len(stored)} {stored or ''}, tries at most {max(tries.values())}, {crawl.seconds:.0f} s, MB {crawl.megabytes}",
        )
        print("\n".join(f"  {name}: {states.get(site.base + path)}" for name, path in paths.items()))
        assert stored == []
        assert crawl.exit_code == 3, crawl.said
        assert home.rows("select count(*) from notice") == [(GOOD,)]
        assert max(tries.values()) <= MOST_TRIES
        assert {name for name, most in MOST_BYTES.items() if site.sent[paths[name]] > most * tries[name]} == set()
        assert crawl.over() == set()
        answers.clear()
        home.run("crawl", "linshan")
    assert home.rows("select count(*), sum(revisions) from notice") == [(GOOD + len(paths),) * 2]
    home.run("verify")


def test_whole_answers_that_do_not_say_their_length_are_stored(home: Home) -> None:
    site = small_site(4, per_page=4)
    whole = {n: notice_page(n) for n in range(1, 5)}
    without_tag = whole[2].replace(b"</body></html>", b"")
    answers = {
        notice_path(1): lambda to: to.sendall(PAGE + b"\r\n" + whole[1] + b"<script>var waf=1</script>"),
        notice_path(2): lambda to: to.sendall(PAGE + b"\r\n" + without_tag),
        notice_path(3): lambda to: to.sendall(PAGE + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(whole[3])),
        notice_path(4): lambda to: to.sendall(PAGE + b"Content-Encoding: br\r\n\r\n" + brotli.compress(whole[4])),
    }
    with breaking(site, answers):
        home.source(site.base)
        home.run("crawl", "linshan")
    assert home.rows("select count(*) from notice") == [(4,)]
    assert [site.requests[notice_path(n)] for n in range(1, 5)] == [1, 2, 1, 1]  # no length, no last tag: taken when it came twice the same


def test_broken_answers_overwrite_no_archived_notice_and_withdraw_none(home: Home, figure: Figure) -> None:
    site, paths = broken_site(QUICK)
    answers: dict[str, Answer] = {}
    with breaking(site, answers):
        home.source(site.base)
        home.run("crawl", "linshan")
        before = home.rows("select id, notice_id, n, content_digest, title, text, row_digest from revision order by id")
        answers.update({path: BROKEN[name](notice_page(GOOD + n)) for n, (name, path) in enumerate(paths.items(), 1)})
        home.run("crawl", "linshan", "--revisit", check=None, timeout=600)
    assert min(site.requests[path] for path in paths.values()) > 1
    assert home.rows("select id, notice_id, n, content_digest, title, text, row_digest from revision order by id") == before
    states = home.rows("select state, count(*) from notice group by state order by state")
    figure("broken answers over archived notices", len(paths), f"overwritten 0, states {states}")
    assert states == [("listed", len(before) - len(paths)), ("missing", len(paths))]
    assert home.rows("select distinct evidence from observation where evidence != 'seen'") == [("host_down",)]
    home.run("verify")


def test_attachments_that_break_off_are_missing_and_come_with_a_later_reading(home: Home, figure: Figure) -> None:
    site = Site({"/tzgg/": list_page(list(range(len(QUICK), 0, -1)), 0, 1)})
    file = "编号为甲的检查表\n".encode() * 400
    answers = {}
    for n, name in enumerate(QUICK, 1):
        site.pages[notice_path(n)] = notice_page(n, extra=f'<a href="/f/{n}.txt">附件：检查表{n}.txt</a>')
        site.pages[f"/f/{n}.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, file)
        answers[f"/f/{n}.txt"] = BROKEN[name](file)
    with breaking(site, answers):
        home.source(site.base)
        home.run("crawl", "linshan")
        assert home.rows("select outcome, count(*) from attachment group by outcome") == [("missing", len(QUICK))]
        answers.clear()
        home.run("crawl", "linshan", "--revisit", timeout=600)
    ((whole,),) = home.rows("select count(*) from attachment where outcome = 'ok'")
    figure("attachments that break off", len(QUICK), f"stored as whole 0, had by a later reading {whole}")
    assert whole == len(QUICK)
    assert home.rows("select count(*) from notice") == [(len(QUICK),)]


def test_list_that_breaks_off_ends_no_walk_and_fails_the_run(home: Home) -> None:
    site = small_site(6, per_page=3)
    answers: dict[str, Answer] = {"/tzgg/index_1.html": BROKEN["torn"](b"x" * 4000)}
    with breaking(site, answers):
        home.source(site.base)
        assert "index_1.html" in home.run("crawl", "linshan", check=3).stderr
        assert home.rows("select count(*) from notice") == [(3,)]
        assert home.rows("select outcome from run where kind = 'crawl'") == [("partial",)]
        answers.clear()
        home.run("crawl", "linshan")
    assert home.rows("select count(*) from notice") == [(6,)]


WAITS = ("1", "in a second", "yesterday", "soon", "-5", "1.5")
PAUSES = ("in an hour", "315360000", "in ten years", "99999999999999999999")
DAYS = {"in a second": 1 / 86400, "yesterday": -1.0, "in an hour": 1 / 24, "in ten years": 3652.0}


def retry_after(said: str) -> dict[str, str]:
    """The header, with a date for those that are told by their distance."""
    return {
        "Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=DAYS[said]), usegmt=True) if said in DAYS else said,
    }


def busy_once(said: str, status: int, whole: Any) -> Callable[[int], Page]:
    """A page that turns the first request away."""
    return lambda n: (status, retry_after(said), b"busy") if n == 0 else (200, HTML, whole)


def test_short_and_unreadable_retry_after_is_waited_for(home: Home, figure: Figure) -> None:
    asked = [(said, status) for said in WAITS for status in (429, 503)]
    site = small_site(len(asked), per_page=len(asked))
    for n, (said, status) in enumerate(asked, 1):
        site.pages[notice_path(n)] = busy_once(said, status, notice_page(n))
    with serving(site):
        home.source(site.base)
        began = time.monotonic()
        home.run("crawl", "linshan")
    figure("Retry-After short or unreadable", len(asked), "waited for, stored")
    assert time.monotonic() - began > 2  # two of them asked for a second; a busy machine only takes longer
    assert home.rows("select count(*) from notice") == [(len(asked),)]
    assert {site.requests[notice_path(n)] for n in range(1, len(asked) + 1)} == {2}


def test_long_retry_after_leaves_the_site_alone_for_a_day_at_most(home: Home, figure: Figure) -> None:
    asked = list(zip(PAUSES, (429, 503) * 2, strict=True))
    sites = [small_site(2) for _ in asked]
    with ExitStack() as stack:
        for n, (site, (said, status)) in enumerate(zip(sites, asked, strict=True)):
            site.pages[notice_path(1)] = busy_once(said, status, notice_page(1))
            home.source(stack.enter_context(serving(site)).base, f"s{n}")
        home.run("crawl", "--jobs", "2", check=3)
        before = [site.requests.total() for site in sites]
        assert home.run("crawl", "--jobs", "2", check=3).stderr.count("left alone") == len(asked)
        assert [site.requests.total() for site in sites] == before
    figure("Retry-After long", len(asked), "asked again 0, left alone for a day at most")
    assert {site.requests[notice_path(1)] for site in sites} == {1}
    latest = datetime.now(UTC) + timedelta(days=1)
    until = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for (moment,) in home.rows("select paused_until from source")]
    assert len(until) == len(asked)
    assert max(until) <= latest


CLOSED = b"User-agent: *\nDisallow: /\n"
ROBOTS: dict[str, tuple[Page, int]] = {  # what stands at robots.txt, and how many of four notices are fetched
    "404": ((404, {}, CLOSED), 4),
    "403": ((403, {}, CLOSED), 4),
    "500": ((500, {}, b"User-agent: *\nAllow: /\n"), 0),
    "503": ((503, {}, b""), 0),
    "a page": ((200, {}, b"<!DOCTYPE html><html><body>Disallow: /</body></html>"), 4),
    "empty": ((200, {}, b""), 4),
    "junk": ((200, {}, bytes(range(256)) * 40), 4),
    "closed": ((200, {}, CLOSED), 0),
    "closed to us": ((200, {}, b"User-agent: notices-archive\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), 0),
    "closed to others": ((200, {}, b"User-agent: elsebot\nDisallow: /\n"), 4),
    "with a mark": ((200, {}, b"\xef\xbb\xbf" + CLOSED), 0),
    "10 MB of rules": ((200, {}, b"User-agent: *\n" + b"Disallow: /x\n" * 770_000), 4),
}


def test_robots_txt_as_the_standard_reads_it(home: Home, figure: Figure) -> None:
    home.environment.pop("NOTICES_MAX_BODY_BYTES")
    sites = {kind: small_site(4, per_page=4) for kind in ROBOTS}
    with ExitStack() as stack:
        for n, (kind, site) in enumerate(sites.items()):
            site.pages["/robots.txt"] = ROBOTS[kind][0]
            home.source(stack.enter_context(serving(site)).base, f"s{n}")
        home.run("crawl", "--jobs", "2", check=3, timeout=600)
    fetched = {kind: sum(site.requests[notice_path(n)] for n in range(1, 5)) for kind, site in sites.items()}
    figure("robots.txt, kinds of", len(ROBOTS), f"notices fetched of 4: {fetched}")
    assert fetched == {kind: notices for kind, (_page, notices) in ROBOTS.items()}
    assert {path for kind, site in sites.items() if not fetched[kind] for path in site.requests} == {"/robots.txt"}


def test_site_whose_robots_txt_cannot_be_had_is_closed(home: Home, figure: Figure) -> None:
    names = ("silent", "torn_at_once", "junk_head", "short_length", "cut_gzip", "lying_length")
    sites = [small_site(2) for _ in names]
    with ExitStack() as stack:
        for n, (name, site) in enumerate(zip(names, sites, strict=True)):
            home.source(stack.enter_context(breaking(site, {"/robots.txt": BROKEN[name](b"User-agent: *\nAllow: /\n")})).base, f"s{n}")
        home.run("crawl", "--jobs", "2", check=3, timeout=600)
    figure("robots.txt that cannot be had", len(names), "pages fetched 0")
    assert {path for site in sites for path in site.requests} == {"/robots.txt"}


def test_robots_txt_that_changes_is_obeyed_from_the_next_run_on(home: Home) -> None:
    site = small_site(4, per_page=4)
    with serving(site):
        home.source(site.base)
        home.run("crawl", "linshan", "--limit", "1")  # three entries are left, which wait for robots.txt together with the list
        site.pages["/robots.txt"] = (500, {}, b"")
        site.requests.clear()
        home.run("crawl", "linshan", check=3)
        assert set(site.requests) == {"/robots.txt"}
        site.pages["/robots.txt"] = (404, {}, b"")
        home.run("crawl", "linshan", "--limit", "2")
        assert home.rows("select count(*) from notice") == [(3,)]
        site.pages["/robots.txt"] = (200, {}, CLOSED)
        site.requests.clear()
        home.run("crawl", "linshan", check=3)
        assert set(site.requests) == {"/robots.txt"}
    assert home.rows("select state, count(*) from listing group by state order by 1") == [("refused", 1), ("stored", 3)]
