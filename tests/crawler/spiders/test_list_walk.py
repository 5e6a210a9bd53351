"""When a walk over list pages goes on and when it ends."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.list_rules import ListRules
from crawler.source import Column
from crawler.spiders.list_walk import KNOWN_PAGES_TO_STOP, Walk
from notices.capture import ListEntry, ListPage
from tests.support.site_server import list_page

BASE = "http://www.linshan.example/tzgg/"
COLUMN = Column("通知公告", BASE)


def entries(*numbers: int, day: date | None = None) -> tuple[ListEntry, ...]:
    return tuple(ListEntry(f"关于第{n}号河段的通知", f"{BASE}{n}.html", day) for n in numbers)


def test_page_that_repeats_an_earlier_one_has_nothing_fresh() -> None:
    walk = Walk(COLUMN)
    assert walk.fresh(entries(1, 2)) == list(entries(1, 2))
    assert walk.fresh(entries(2, 3)) == list(entries(3))
    assert walk.fresh(entries(1, 2, 3)) == []


def test_first_failure_stays_whatever_another_address_answers() -> None:
    walk = Walk(COLUMN)
    walk.note_broken("HTTP 500")
    walk.note_broken("HTTP 404")
    walk.fresh(entries(1))
    assert walk.broken == "HTTP 500"


def test_known_pages_end_only_a_walk_that_may_stop() -> None:
    for may_stop in (True, False):
        walk = Walk(COLUMN, may_stop=may_stop)
        for _ in range(KNOWN_PAGES_TO_STOP):
            assert not walk.far_enough(ListPage(entries(1)))
            walk.note_news(False)
        assert walk.far_enough(ListPage(entries(1))) is may_stop
        walk.note_news(True)
        assert not walk.far_enough(ListPage(entries(1)))


def test_first_news_of_a_walk_are_noted_once() -> None:
    walk = Walk(COLUMN)
    assert [walk.note_news(new) for new in (False, True, False, True)] == [False, True, False, False]


@pytest.mark.parametrize(
    ("days", "enough"),
    [((date(2026, 10, 1),), True), ((date(2026, 10, 1), date(2026, 11, 2)), False), ((None,), False), ((date(2026, 11, 1),), False)],
)
def test_walk_since_a_day_ends_at_a_page_that_is_older_throughout(days: tuple[date | None, ...], enough: bool) -> None:
    page = ListPage(tuple(each for n, day in enumerate(days) for each in entries(n, day=day)))
    walk = Walk(COLUMN, since=date(2026, 11, 1))
    assert walk.far_enough(page) is enough
    assert [e.date for e in walk.recent(page.entries)] == [d for d in days if d is None or d >= date(2026, 11, 1)]


def test_next_pages_are_never_requested_twice() -> None:
    walk = Walk(COLUMN)
    body = list_page([3, 2, 1], 0, 3)
    first = walk.next_pages(body, BASE, ListPage(entries(1)), ListRules())
    assert f"{BASE}index_1.html" in first
    walk.pages.update(first)
    assert walk.next_pages(body, BASE, ListPage(entries(1)), ListRules()) == ()
    named = ListPage(entries(1), next_page=f"{BASE}mehr.html")
    assert walk.next_pages(body, BASE, named, ListRules(next_template="index_{n}.html")) == (f"{BASE}mehr.html",)
