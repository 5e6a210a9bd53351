"""A source that breaks is noticed by its data, soon; one that rests is left in peace."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notices.hours import ZONE
from pipeline.observe.health import ColumnFact, Expected, Facts, RunFact, Tried, judge
from pipeline.observe.rhythm import LEAST_SILENCE, rhythm, silence
from tests.support.source_days import COLUMN, SHOWN, Days, daily, monthly

FIRST, LIVED_FROM, BREAK = date(2025, 9, 1), date(2026, 2, 2), date(2026, 5, 13)
NOON = datetime(2026, 5, 13, 12, tzinfo=ZONE)


def broken(days: Days, name: str) -> None:
    """Break the source in the named way from now on; every run goes on reporting success."""
    spoils: dict[str, dict[str, object]] = {
        "challenge": {"state": "blocked", "reason": "challenge: wzws"},
        "404": {"state": "gone", "reason": "HTTP 404"},
        "moved selector": {"text": ""},
        "login page": {"state": "blocked", "reason": "login"},
    }
    days.spoil = spoils.get(name, {})
    days.misdated = date(2099, 1, 1) if name == "future dates" else None
    frozen = list(days.entries)
    old = list(days.entries[2 * SHOWN : 4 * SHOWN]) or list(days.entries[4:])
    lists = {
        "empty list": lambda _days, _entries: [],
        "old dates": lambda _days, _entries: old,
        "frozen list": lambda _days, _entries: frozen,
    }
    days.change = lists.get(name)


BREAKS = ("empty list", "challenge", "404", "moved selector", "login page", "old dates", "future dates", "frozen list")
# Hours from the break, just after a run, to "degraded or failing" and to "failing": what is allowed here is what was measured (docs).
DAILY_ALARM = {
    "empty list": (24, 24),
    "challenge": (48, 48),
    "404": (48, 48),
    "moved selector": (24, 72),
    "login page": (48, 48),
    "old dates": (24, 24),
    "future dates": (24, 10_000),
    "frozen list": (9 * 24, 16 * 24),
}


def alarms(days: Days, first: date, most: int, *, running: bool = True) -> tuple[int | None, int | None]:
    """Hours until the source is no longer well, and until it is failing, counted from just after the run before the break."""
    start, worse = datetime(first.year, first.month, first.day, 8, 40, tzinfo=ZONE) - timedelta(days=1), None
    for hour in days.live(first, first + timedelta(days=most), running=running):
        state = days.health(hour).state
        passed = round((hour - start) / timedelta(hours=1))
        worse = passed if worse is None and state in ("degraded", "failing") else worse
        if state == "failing":
            return worse, passed
    return worse, None


def lived(folder: Path, rhythm_of: Any, min_entries: int) -> Days:
    """A source that was healthy until the day of the break."""
    days = Days(folder, rhythm_of, Expected(min_entries=min_entries))
    for n in range(300, 0, -1):
        days.publish(LIVED_FROM - timedelta(days=n))
    for hour in days.live(LIVED_FROM, BREAK - timedelta(days=1)):
        last = hour
    assert days.health(last).state == "ok", days.health(last).reasons
    return days


@pytest.mark.parametrize("name", BREAKS)
def test_broken_daily_source_is_noticed_though_its_runs_report_success(tmp_path: Path, name: str) -> None:
    days = lived(tmp_path, daily, 5)
    broken(days, name)
    noticed, failing = alarms(days, BREAK, 5 if name == "future dates" else 20)
    assert noticed is not None
    assert noticed <= DAILY_ALARM[name][0]
    assert (failing or 10_000) <= DAILY_ALARM[name][1]


def test_reasons_hold_figures_and_dates(tmp_path: Path) -> None:
    days = lived(tmp_path, daily, 5)
    broken(days, "old dates")
    alarms(days, BREAK, 2)
    (reason, *_others) = days.health(datetime(2026, 5, 14, 12, tzinfo=ZONE)).reasons
    assert COLUMN in reason
    assert "40 newer ones up to 2026-05-12" in reason


def test_source_that_recovers_is_well_again(tmp_path: Path) -> None:
    days = lived(tmp_path, daily, 5)
    broken(days, "empty list")
    alarms(days, BREAK, 2)
    days.change = None
    for hour in days.live(BREAK + timedelta(days=3), BREAK + timedelta(days=4)):
        last = hour
    assert days.health(last).state == "ok"


# The next notice of the slow source comes 31 days after the break: only then is there anything to be read, and three runs try it.
SLOW_ALARM = {"empty list": 24, "old dates": 24, "challenge": 34 * 24, "login page": 34 * 24}


@pytest.mark.parametrize("name", SLOW_ALARM)
def test_broken_slow_source_is_noticed_without_waiting_for_its_silence(tmp_path: Path, name: str) -> None:
    days = lived(tmp_path, monthly, 1)
    days.expected = replace(days.expected, min_entries=3)
    broken(days, name)
    noticed, _failing = alarms(days, BREAK, 40)
    assert noticed is not None
    assert noticed <= SLOW_ALARM[name]


def test_healthy_daily_source_raises_no_alarm_in_a_year_with_its_holidays(tmp_path: Path) -> None:
    days = Days(tmp_path, daily)
    states = Counter(days.health(hour).state for hour in days.live(FIRST, FIRST + timedelta(days=365)) if hour.hour == 23)
    assert set(states) <= {"ok", "new", "failing"}
    assert states["failing"] <= 3, "before five entries were ever published there are too few to list"
    assert states["ok"] > 340


def test_healthy_slow_source_raises_no_alarm(tmp_path: Path) -> None:
    days = Days(tmp_path, monthly, Expected(min_entries=0))
    days.entries = [(f"old-{n}", FIRST - timedelta(days=30 * n + 10)) for n in range(12)]
    states = Counter(days.health(hour).state for hour in days.live(FIRST, FIRST + timedelta(days=400)) if hour.hour == 23)
    assert set(states) == {"ok"}


def test_festival_of_ten_days_is_no_silence_even_in_the_first_year() -> None:
    working = [date(2025, 11, 3) + timedelta(days=n) for n in range(103)]
    published = {day: 2 for day in working if day.weekday() < 5 and day <= date(2026, 2, 13)}
    for n in range(11):
        assert judge(_well(published=published), Expected(), datetime(2026, 2, 14, 12, tzinfo=ZONE) + timedelta(days=n)).reasons == ()
    late = judge(_well(published=published), Expected(), datetime(2026, 3, 10, 12, tzinfo=ZONE))
    assert late.state == "degraded"
    assert "no new notice for 25 days (newest of 2026-02-13); usual 1 days" in late.reasons[0]


def test_sources_that_publish_at_random_are_rarely_suspected() -> None:
    chance, suspected, failing, days = random.Random(7), 0, 0, 0
    for mean in (1, 2, 5, 10, 20, 30) * 2:
        published: Counter[date] = Counter()
        for n in range(730):
            today = date(2024, 1, 1) + timedelta(days=n)
            published[today] += chance.random() < 1 / mean
            if n >= 365:
                recent = {day: count for day, count in published.items() if count}
                state = judge(Facts(published=recent), Expected(), datetime(today.year, today.month, today.day, 12, tzinfo=ZONE)).state
                suspected, failing, days = suspected + (state == "degraded"), failing + (state == "failing"), days + 1
    assert failing == 0
    assert suspected / days < 0.01


def _well(**more: Any) -> Facts:
    published = {NOON.date() - timedelta(days=n): 1 for n in range(100)}
    done = RunFact(NOON - timedelta(hours=4), NOON - timedelta(hours=3), "done", listed=20)
    return replace(Facts(notices=100, published=published, runs=(done,), first_run_at=NOON - timedelta(days=100)), **more)


def test_well_facts_are_well() -> None:
    assert judge(_well(), Expected(), NOON).state == "ok"


@pytest.mark.parametrize("outcome", ["failed", "crashed"])
def test_newest_run_that_failed_makes_the_source_fail(outcome: str) -> None:
    run = RunFact(NOON - timedelta(hours=1), NOON, outcome, "HTTP 503", 20)
    verdict = judge(_well(runs=(run,)), Expected(), NOON)
    assert verdict.state == "failing"
    assert f"{outcome}: HTTP 503" in verdict.reasons[0]


def test_run_that_nobody_holds_ended_without_a_word_and_a_living_one_may_be_stuck() -> None:
    run = RunFact(NOON - timedelta(hours=30), None, "running")
    dead = judge(_well(runs=(run, *_well().runs)), Expected(), NOON)
    assert "without reporting" in dead.reasons[0]
    alive = judge(_well(runs=(run, *_well().runs)), Expected(alive=True), NOON)
    assert (alive.state, "30 hours" in alive.reasons[0]) == ("degraded", True)


def test_empty_list_and_entries_that_are_all_gone_fail_with_their_reason() -> None:
    empty = judge(_well(runs=(replace(_well().runs[0], listed=0), *_well().runs)), Expected(), NOON)
    assert (empty.state, empty.reasons[0].startswith("0 list entries on ")) == ("failing", True)
    gone = judge(_well(tried=(Tried("gone", "HTTP 404"),) * 3 + (Tried("stored"),) * 7), Expected(), NOON)
    assert (gone.state, gone.reasons) == ("failing", ("the newest 3 entries could not be read (gone: HTTP 404)",))


def test_missed_runs_fail_after_a_day_without_one() -> None:
    assert judge(_well(), Expected(missed_runs=3), NOON).state == "ok", "three hours of an hourly source"
    late = judge(_well(), Expected(missed_runs=3), NOON + timedelta(days=2))
    assert "no finished run since 2026-05-13 09:00: 3 due runs missed" in late.reasons


def test_stopped_run_that_saw_no_list_proves_nothing() -> None:
    stopped = RunFact(NOON - timedelta(hours=1), NOON, "stopped", "a signal", 0)
    assert judge(_well(runs=(stopped, *_well().runs)), Expected(), NOON).state == "ok"


def test_column_that_two_runs_found_empty_is_named() -> None:
    runs = tuple(RunFact(NOON - timedelta(days=n), NOON - timedelta(days=n), "done", listed=20) for n in range(3))
    silent = ColumnFact("http://linshan.example/gs/", None, 0, None, NOON - timedelta(days=9))
    verdict = judge(_well(runs=runs, columns=(silent,)), Expected(), NOON)
    assert verdict.state == "degraded"
    assert "http://linshan.example/gs/ has shown no entry since 2026-05-04" in verdict.reasons[0]


def test_column_is_not_named_because_the_clock_was_ahead_for_one_run() -> None:
    ahead = NOON + timedelta(days=365)
    runs = (RunFact(NOON, NOON, "done", listed=20), RunFact(ahead, ahead, "done", listed=20))
    listed = ColumnFact("http://linshan.example/gs/", None, 0, None, NOON + timedelta(seconds=9))
    verdict = judge(_well(runs=runs, columns=(listed,)), Expected(), NOON)
    assert not any("has shown no entry" in reason for reason in verdict.reasons)


def test_rising_share_of_challenges_degrades_and_half_of_them_fail() -> None:
    stored, blocked = Tried("stored"), Tried("blocked", "challenge: wzws", 1)
    some = judge(_well(tried=(stored, blocked, stored, blocked, stored, blocked, blocked, *[stored] * 13)), Expected(), NOON)
    assert (some.state, "4 of the last 20 entries" in some.reasons[0]) == ("degraded", True)
    assert judge(_well(tried=(stored, blocked) * 10), Expected(), NOON).state == "failing"
    assert judge(_well(tried=(stored, blocked, *[stored] * 18)), Expected(), NOON).state == "ok"


def test_field_that_fades_degrades_though_no_row_of_empty_ones_shows_it() -> None:
    here, lacking = {"issuer": True}, {"issuer": False}
    faded = judge(_well(filled=(here, lacking) * 10 + (here,) * 20), Expected(), NOON)
    assert (faded.state, faded.reasons) == ("degraded", ("issuer in 10 of the newest 20 notices, 20 of 20 before",))
    assert judge(_well(filled=(here, lacking) * 20), Expected(), NOON).state == "ok", "as it always was"


def test_fewer_notices_than_usual_degrade() -> None:
    published = {NOON.date() - timedelta(days=n): 2 for n in range(30, 200)} | {NOON.date() - timedelta(days=1): 1}
    assert "1 notices dated in the last 28 days; usual 60" in judge(_well(published=published), Expected(), NOON).reasons[0]


def test_one_future_date_is_a_slip_and_two_are_not() -> None:
    day = date(2062, 1, 1)
    assert judge(_well(published={**_well().published, day: 1}), Expected(), NOON).state == "ok"
    verdict = judge(_well(published={**_well().published, day: 2}), Expected(), NOON)
    assert verdict.reasons == ("2 notices are dated in the future, up to 2062-01-01",)
    assert verdict.newest == NOON.date(), "a future date does not hide silence"


def test_maintainers_word_takes_the_place_of_what_was_learned() -> None:
    published = {NOON.date() - timedelta(days=20 + n): 1 for n in range(100)}
    assert judge(_well(published=published), Expected(), NOON).state == "failing"
    assert judge(_well(published=published), Expected(every_days=10), NOON).state == "ok"
    aged = judge(_well(published=published), Expected(every_days=10, max_age_days=15), NOON)
    assert (aged.state, "at most 15 allowed" in aged.reasons[0]) == ("failing", True)


def test_disabled_and_imported_sources_are_paused_and_young_ones_new() -> None:
    assert judge(_well(), Expected(enabled=False), NOON).state == "paused"
    assert "no source file" in judge(_well(), Expected(known=False), NOON).reasons[0]
    assert judge(Facts(), Expected(), NOON).state == "new"
    young = _well(published={NOON.date(): 3}, first_run_at=NOON - timedelta(days=1), notices=3)
    assert judge(young, Expected(), NOON).reasons == ("3 notices since 2026-05-12 12:00: too few days to know its rhythm",)


def test_source_without_dates_is_judged_by_first_sight() -> None:
    seen = {NOON.date() - timedelta(days=40 + n): 1 for n in range(50)}
    verdict = judge(_well(published={}, undated=50, seen=seen), Expected(), NOON)
    assert (verdict.state, verdict.newest) == ("failing", None)


def test_pause_that_the_server_asked_for_is_shown() -> None:
    assert "left alone until 2026-05-13 15:00" in judge(_well(paused_until=NOON + timedelta(hours=3)), Expected(), NOON).reasons[0]


def test_rhythm_is_that_of_the_last_year_only() -> None:
    newest = date(2026, 5, 1)
    busy = {newest - timedelta(days=400 + n): 1 for n in range(300)}
    slow = {newest - timedelta(days=30 * n): 1 for n in range(13)}
    assert rhythm({**busy, **slow}).usual == pytest.approx(30, abs=1)
    assert rhythm({newest: 5}).usual is None
    assert rhythm(busy).allowed == LEAST_SILENCE
    assert silence(date(2026, 2, 13), date(2026, 2, 26)) == 2
