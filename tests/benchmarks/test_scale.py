"""The simulation of large archives: the same for a seed, nothing appears or is lost, and scarcity slows it down."""

from __future__ import annotations

import pytest

from benchmarks.scale.inputs import INPUTS, values
from benchmarks.scale.needs import needs
from benchmarks.scale.simulation import DAY, Plan, simulate

SMALL = values({"sites": 40, "runs_a_day": 4})


def test_a_plan_always_gives_the_same_year() -> None:
    plan = Plan(60_000, 1, SMALL, days=40)
    first, second = simulate(plan), simulate(plan)
    assert first == second
    assert simulate(Plan(60_000, 1, SMALL, days=40, seed=18)) != first


def test_all_notices_arrive_once_and_are_read_again_as_often_as_is_due() -> None:
    plan = Plan(60_000, 1, SMALL | {"revisits_a_run": 1e9, "pages_a_run": 1e9, "minutes_a_run": 1e9}, days=365)
    year = simulate(plan)
    assert sum(year.notices) == pytest.approx(60_000, rel=0.01)
    assert year.overdue < 600
    assert 3.5 * 60_000 < year.revisits <= 4 * 60_000
    assert year.requests > sum(year.notices) * (1 + SMALL["files"])


def test_a_site_is_no_faster_than_its_delay_and_the_page_budget() -> None:
    alone = values({"sites": 1, "runs_a_day": 24, "files": 0, "minutes_a_run": 1440, "pages_a_run": 1e9, "revisits_a_run": 0})
    year = simulate(Plan(10_000_000, 1, alone, days=20))
    assert max(year.notices[2:]) <= DAY / (alone["delay"] + alone["answer"]) * 1.05
    budget = simulate(Plan(10_000_000, 1, alone | {"pages_a_run": 50}, days=20))
    assert max(budget.notices) <= 24 * 50


def test_scarcity_slows_the_archive_down() -> None:
    slow = SMALL | {"lock": 20_000.0}  # 4,320 notices a day
    fast, held, free = (
        simulate(Plan(60_000, 1, costs, days=8, locked=locked)) for costs, locked in ((SMALL, True), (slow, True), (slow, False))
    )
    assert sum(held.notices[1:]) < 1.5 * 7 * 4_320  # speeds are set when a crawl begins: not exact
    assert sum(held.notices) < 0.9 * sum(fast.notices)
    assert sum(free.notices) == pytest.approx(sum(fast.notices), rel=0.01)
    few = simulate(Plan(60_000, 1, SMALL | {"jobs": 2}, days=8))
    assert max(few.waiting) > max(fast.waiting)
    assert few.notices[0] < 0.95 * fast.notices[0]


def test_bytes_and_money_grow_with_the_notices() -> None:
    small, large = (needs(plan, simulate(plan)) for plan in (Plan(count, 1, SMALL, days=30) for count in (10_000, 50_000)))
    assert all(large.bytes[part] > small.bytes[part] for part in small.bytes)
    assert sum(large.dollars.values()) > sum(small.dollars.values())
    assert large.verify_hours > small.verify_hours


def test_an_unknown_input_is_refused_and_every_input_says_where_it_is_from() -> None:
    with pytest.raises(KeyError):
        values({"nothing": 1.0})
    assert all(len(each.where) > 10 and each.kind in ("measured", "default", "assumed") for each in INPUTS.values())
