"""Archived notices revisited: when and how many in a run, what a silent edit leaves behind, what proves that a notice is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.passing_days import DEAD, HTML, crawl, evidence, later, revisions, states
from tests.support.quick_home import QuickHome
from tests.support.site_server import Page, Site, notice_page, notice_path, serving, small_site

VILLAGES = "/tzgg/files/list.txt"
SCHEDULE = (1.1, 3.1, 7.1)
"""Days between runs of which each finds the notices due again."""
GONE_PAGE = "<html><head><title>页面不存在</title></head><body>您访问的页面不存在或已被删除</body></html>".encode()
HOME_PAGE = "<html><head><title>临杉市人民政府</title></head><body><h1>临杉市人民政府</h1><p>欢迎访问本网站。</p></body></html>".encode()
CHALLENGE = "<html><head><title>安全验证</title></head><body><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></body></html>".encode()

Change = Callable[[Site], None]


@dataclass(frozen=True)
class Run:
    """One run, some days after the one before: the change on the site before it, and the state after it.

    `states` of single notices, or of all; `asked`: how often each notice was requested since the first run.
    """

    days: float = 0
    change: Change | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    code: int | None = 0
    states: Mapping[int, str] | str | None = None
    asked: Sequence[int] | None = None


@dataclass(frozen=True)
class Life:
    """A site of so many notices, its first run and the runs after it; and what was observed of a notice in the end."""

    notices: int
    runs: Sequence[Run]
    seen: Mapping[int, Sequence[str]] = field(default_factory=dict)
    revisions: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def live(home: Home, life: Life, *, site: Site | None = None) -> Site:
    """Live through it, each run held to what it must leave behind."""
    site = site or small_site(life.notices)
    home.environment |= life.environment
    with serving(site):
        home.source(site.base)
        crawl(home)
        go_on(home, site, life.runs)
    for number, observed in life.seen.items():
        assert evidence(home, number) == list(observed)
    assert revisions(home) == (life.notices if life.revisions is None else life.revisions)
    return site


def go_on(home: Home, site: Site, runs: Sequence[Run]) -> None:
    for run in runs:
        if run.change:
            run.change(site)
        later(home, run.days)
        crawl(home, check=run.code, **run.options)
        now = {int(name) - 1000: state for name, state in states(home).items()}
        if isinstance(run.states, str):
            assert set(now.values()) == {run.states}
        elif run.states is not None:
            assert now == dict.fromkeys(now, "listed") | dict(run.states)
        if run.asked is not None:
            assert [site.requests[notice_path(n)] for n in sorted(now)] == list(run.asked)


def serve_instead(page: Page | bytes, *numbers: int) -> Change:
    """The notices answer with that page."""
    return lambda site: site.pages.update({notice_path(n): page for n in numbers})


def restore(site: Site) -> None:
    """The notices answer as at first."""
    site.pages.update({path: page for path, page in small_site(9).pages.items() if "/t2026" in path and path in site.pages})


def take_off_the_list(site: Site) -> None:
    """The list shows the first two notices only."""
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = small_site(2).pages["/tzgg/"]


def each(days: Sequence[float], first: Change, states: Sequence[Mapping[int, str]] | Mapping[int, str] | str, **more: object) -> list[Run]:
    """Runs on these days, the change before the first; one expectation for all, or one each."""
    expected = list(states) if isinstance(states, list | tuple) else [states] * len(days)
    return [Run(d, None if n else first, states=s, **more) for n, (d, s) in enumerate(zip(days, expected, strict=True))]  # type: ignore[arg-type]


def dying(number: int) -> list[Mapping[int, str]]:
    """A notice that is missing, missing, withdrawn."""
    return [{number: state} for state in ("missing", "missing", "withdrawn")]


FULL = {"full": True}
ALL = {"revisit": True}
LIVES = {
    "due after 1 and 7 days and not before": Life(
        3,
        [
            Run(asked=[1, 1, 1]),
            Run(1.1, asked=[2, 2, 2]),
            Run(asked=[2, 2, 2]),
            Run(4, asked=[2, 2, 2]),
            Run(2.1, asked=[3, 3, 3]),
        ],
    ),
    "challenge in the place of every page": Life(
        3, each(SCHEDULE, serve_instead((412, HTML, CHALLENGE), 1, 2, 3), "missing", code=None), {1: ["blocked"] * 3}
    ),
}
LONG_LIVES = {
    "soft 404 for long": Life(3, each(SCHEDULE, serve_instead((200, HTML, GONE_PAGE), 1), dying(1)), {1: ["soft_404"] * 3}),
    "410 for long": Life(3, each(SCHEDULE, serve_instead((410, HTML, b"gone"), 1), dying(1)), {1: ["http_410"] * 3}),
    **{
        f"outage of all {n} pages": Life(
            n,
            [
                *each((*SCHEDULE, 9.1), serve_instead(DEAD, *range(1, n + 1)), "missing", code=None),
                Run(31, restore, states="back"),
            ],
        )
        for n in (2, 8)
    },
    "off the list while the page answers": Life(
        3,
        [
            Run(0.1, take_off_the_list, FULL),
            Run(0.1, options=FULL),
            Run(0.1, options=FULL, states={}, asked=[4, 4, 2]),
        ],
        {3: ["gone_from_list", "seen"]},  # missing meanwhile
    ),
    "a budget of two, the longest due first": Life(
        6,
        [Run(2), Run(), Run(asked=[2] * 6)],
        environment={"NOTICES_REVISIT_BUDGET": "2"},
    ),
    "no ages": Life(2, [Run(400, asked=[1, 1])], environment={"NOTICES_REVISIT_DAYS": ""}),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return QuickHome(tmp_path / "home")


@pytest.mark.parametrize("name", [*LIVES, *(pytest.param(name, marks=pytest.mark.long) for name in LONG_LIVES)])
def test_life_of_a_site(home: Home, name: str) -> None:
    live(home, (LIVES | LONG_LIVES)[name])


def test_page_that_stays_dead_is_missing_then_withdrawn_then_back(home: Home) -> None:
    def look(site: Site) -> None:
        home.run("index")
        assert home.search("防汛 状态:withdrawn")["total"] == 1
        assert home.search("第2号河段")["total"] == 1
        told = [json.loads(line) for line in home.run("history", "临政发〔2026〕2号", "--json").stdout.splitlines()]
        assert [e["event"] for e in told if e["event"] != "revision"] == ["observed", "state", "observed", "observed", "state"]
        assert [e["state"] for e in told if e["event"] == "state"] == ["missing", "withdrawn"]
        shown = json.loads(home.run("show", "临政发〔2026〕2号", "--json").stdout)
        assert "withdrawn since" in home.run("show", "临政发〔2026〕2号").stdout
        assert (shown["presence"]["state"], shown["presence"]["evidence"]) == ("withdrawn", "http_404")
        restore(site)

    runs = [*each(SCHEDULE, serve_instead(DEAD, 2), dying(2)), Run(8, look, states={2: "back"})]
    live(home, Life(4, runs, {2: ["http_404", "http_404", "http_404", "seen"]}))
    home.run("index")
    assert home.search("状态:back 防汛")["total"] == 1
    home.run("verify")


@pytest.mark.long
def test_notice_off_the_list_is_withdrawn_once_its_page_is_dead_for_long(home: Home) -> None:
    def take_off_and_kill(site: Site) -> None:
        take_off_the_list(site)
        serve_instead(DEAD, 3)(site)

    first = Run(0.1, take_off_and_kill, FULL)  # its page is looked at in this run or in the next
    later_on = [Run(d, options=FULL, states=s) for d, s in zip((0.1, 3.1, 7.1), dying(3), strict=True)]
    live(home, Life(3, [first, *later_on]))
    assert sorted(evidence(home, 3)) == ["gone_from_list", "http_404", "http_404", "http_404"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("page", "said"),
    [((503, HTML, b"busy"), "blocked"), ((403, HTML, b"forbidden"), "blocked"), ((500, HTML, b"x"), "http_500")],
    ids=["503", "403", "500"],
)
def test_page_that_is_refused_is_missing_until_it_reads_again_and_never_withdrawn(home: Home, page: Page, said: str) -> None:
    def look(site: Site) -> None:
        assert evidence(home, 1) == [said] * 4
        home.run("index")
        assert home.search("第1号河段 状态:missing")["total"] == 1
        restore(site)

    runs = each((*SCHEDULE, 9.1), serve_instead(page, 1), {1: "missing"}, code=None)
    live(home, Life(2, [*runs, Run(31, look, states="listed")]))
    home.run("index")
    assert home.search("第1号河段 状态:listed")["total"] == 1


def test_archived_page_that_leads_to_the_home_page_is_gone_and_its_text_stays(home: Home) -> None:
    def lead(to: str, page: bytes) -> Change:
        return lambda site: site.pages.update({notice_path(1): (302, {"Location": to}, b""), to: page})

    live(
        home,
        Life(
            3,
            [
                Run(change=lead("/", HOME_PAGE), options=ALL, states={1: "missing"}),
                Run(change=lead("/moved/1.html", notice_page(1)), options=ALL, states={1: "back"}),
            ],
            {1: ["soft_404", "seen"]},
        ),
    )
    home.run("index")
    assert home.search("第1号河段")["total"] == 1


@pytest.mark.long
def test_other_pages_of_the_site_are_looked_at_beside_one_that_was_dead(home: Home) -> None:
    before: list[int] = []
    site = live(
        home,
        Life(6, [Run(1.1, serve_instead(DEAD, 2)), Run(1.1, lambda site: before.append(site.requests.total()), states={2: "missing"})]),
    )
    assert sum(evidence(home, n) == ["seen", "seen"] for n in range(1, 7)) == 3
    assert site.requests.total() - before[0] < 10
    assert [healthy for (healthy,) in home.rows("select site_healthy from observation where evidence = 'http_404'")] == [1, 1]


def test_host_that_is_down_makes_a_few_missing_and_withdraws_nothing(home: Home) -> None:
    live(home, Life(9, []))
    for looked_at in (3, 6):
        later(home, 7.1)
        crawl(home, check=3)
        assert sorted(states(home).values()) == ["listed"] * (9 - looked_at) + ["missing"] * looked_at
    assert {found for n in range(1, 10) for found in evidence(home, n)} == {"host_down"}
    missing = home.rows("select id from notice where state = 'missing' order by id limit 1")[0][0]
    assert "host down" in home.run("show", str(missing)).stdout


@pytest.mark.long
def test_site_whose_pages_all_fail_is_asked_for_one_batch_and_the_run_says_so(home: Home) -> None:
    def look(_site: Site) -> None:
        assert home.rows("select count(*) from observation") == [(50,)]
        assert "wait for a later run" in home.rows("select reason from run order by id desc limit 1")[0][0]

    failing = serve_instead((500, HTML, b"x"), *range(1, 61))
    runs = [Run(change=failing, options=ALL, code=3), Run(change=look, options=ALL, code=3)]
    live(home, Life(60, runs), site=small_site(60, per_page=60))
    assert home.rows("select count(distinct notice_id) from observation") == [(60,)]


def test_furniture_makes_no_revision_and_one_character_makes_one(home: Home) -> None:
    def edit(site: Site) -> None:
        site.pages[notice_path(1)] = notice_page(1).replace(b'<div class="nav">', "<div class='nav'>今天是星期一，浏览次数：77 ".encode())
        site.pages[notice_path(2)] = notice_page(2).replace("汛期前".encode(), "汛期后".encode())

    def look(_site: Site) -> None:
        revised = "select n from revision join notice on notice.id = notice_id where url like '%1002.html' order by n"
        assert home.rows(revised) == [(1,), (2,)]
        assert revisions(home) == 4

    live(home, Life(3, [Run(change=edit, options=ALL), Run(change=look, options=ALL)], revisions=4))
    home.run("index")
    assert home.search("汛期后完成")["total"] == 1
    assert home.search("防汛")["total"] == 3


def test_what_the_server_calls_unchanged_is_not_sent_again(home: Home) -> None:
    site = small_site(2)
    site.tags = {notice_path(1): '"v1"', notice_path(2): '"v1"'}

    def edit(site: Site) -> None:
        assert site.unsent == {notice_path(1): 1, notice_path(2): 1}
        assert home.rows("select evidence, detail from observation") == [("seen", "HTTP 304")] * 2
        site.tags[notice_path(1)] = '"v2"'
        site.pages[notice_path(1)] = notice_page(1).replace("汛期前".encode(), "汛期后".encode())

    live(home, Life(2, [Run(options=ALL), Run(change=edit, options=ALL)], revisions=3), site=site)
    assert site.unsent == {notice_path(1): 1, notice_path(2): 2}
    assert home.rows("select etag from listing order by key") == [('"v2"',), ('"v1"',)]
    home.run("index")
    home.run("verify")


def listed_villages(content: str) -> Page:
    return 200, {"Content-Type": "text/plain; charset=utf-8"}, content.encode()


def site_with_file() -> Site:
    site = small_site(1)
    site.pages[notice_path(1)] = notice_page(1, extra=f'<a href="{VILLAGES}">附件：名单.txt</a>')
    site.pages[VILLAGES] = listed_villages("甲村 三十户")
    return site


def test_changed_attachment_behind_an_unchanged_page_makes_one_revision(home: Home) -> None:
    site = site_with_file()
    site.tags = {notice_path(1): '"page"', VILLAGES: '"list"'}

    def edit(site: Site) -> None:
        assert revisions(home) == 1
        assert site.unsent == {notice_path(1): 1, VILLAGES: 1}
        site.tags[VILLAGES] = '"newer list"'
        site.pages[VILLAGES] = listed_villages("甲村 三十一户")

    live(home, Life(1, [Run(options=ALL), Run(change=edit, options=ALL)], revisions=2), site=site)
    home.run("index")
    assert home.search("三十一户")["total"] == 1


def test_attachment_that_cannot_be_had_for_once_makes_no_revision(home: Home) -> None:
    live(home, Life(1, [Run(change=lambda site: site.pages.update({VILLAGES: DEAD}), options=ALL)]), site=site_with_file())
    home.run("index")
    assert home.search("三十户")["total"] == 1


@pytest.mark.long
def test_new_notices_come_before_revisits(home: Home) -> None:
    live(home, Life(4, [Run(2, lambda site: site.pages.update(small_site(7).pages))], revisions=7))
    read = [url[-9:-5] for (url,) in home.rows("select url from snapshot where kind = 'detail' order by id")]
    assert (set(read[4:7]), set(read[7:])) == ({"1005", "1006", "1007"}, {"1001", "1002", "1003", "1004"})


@pytest.mark.long
@pytest.mark.parametrize(
    ("environment", "run", "asked"),
    [({}, Run(options=ALL | {"limit": 1}), 4), ({"NOTICES_REVISIT_BUDGET": "2"}, Run(2), 5)],
    ids=["limit", "budget"],
)
def test_limit_and_budget_bound_the_revisits_of_a_run(home: Home, environment: dict[str, str], run: Run, asked: int) -> None:
    site = live(home, Life(3, [run], environment=environment))
    assert sum(site.requests[notice_path(n)] for n in (1, 2, 3)) == asked
