"""Which moments are due."""

from datetime import datetime, timedelta

from notices.cron import CronLine
from notices.hours import ZONE
from operations.schedule.due import Every, jitter, newest_due

DAILY = CronLine("30 8 * * *")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_tick_is_due_once_its_moment_came() -> None:
    assert newest_due(DAILY, local(22, 8, 30), local(23, 8, 29)) is None
    assert newest_due(DAILY, local(22, 8, 30), local(23, 8, 30)) == local(23, 8, 30)


def test_several_missed_ticks_make_one_late_run() -> None:
    assert newest_due(DAILY, local(18, 8, 30), local(23, 20)) == local(23, 8, 30)


def test_tick_done_is_not_due_again() -> None:
    assert newest_due(DAILY, local(23, 8, 30), local(23, 20)) is None


def test_new_source_is_due_at_once() -> None:
    monthly = CronLine("0 0 1 * *")
    assert newest_due(DAILY, None, local(23, 7)) == local(22, 8, 30)
    assert newest_due(monthly, None, local(23, 7)) == local(23, 0)


def test_two_schedulers_see_the_same_moments() -> None:
    every = Every(5)
    assert newest_due(every, None, local(23, 7, 3)) == newest_due(every, None, local(23, 7, 4)) == local(23, 7, 0)


def test_clock_set_back_does_not_repeat_a_tick() -> None:
    assert newest_due(DAILY, local(23, 8, 30), local(22, 9)) is None


def test_tick_of_a_clock_that_was_far_ahead_does_not_count() -> None:
    assert newest_due(DAILY, local(23, 8, 30) + timedelta(days=365), local(23, 9)) == local(23, 8, 30)


def test_every_so_many_minutes_counts_from_one_moment() -> None:
    assert Every(7).next_after(local(23, 7, 3)) - Every(7).last_until(local(23, 7, 3)) == timedelta(minutes=7)
    assert Every(5).last_until(local(23, 7, 5)) == local(23, 7, 5)
    assert Every(5).next_after(local(23, 7, 5)) == local(23, 7, 10)


def test_jobs_of_one_moment_are_spread_and_each_keeps_its_place() -> None:
    begins = [jitter(f"crawl:{n}", local(23, 8), 60) for n in range(200)]
    assert begins == [jitter(f"crawl:{n}", local(23, 8), 60) for n in range(200)]
    assert 0 <= min(begins) < 3
    assert 57 < max(begins) < 60
    assert jitter("crawl:a", local(23, 8), 0) == 0
