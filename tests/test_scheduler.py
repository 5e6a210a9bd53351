"""The clock: which tick is due, and that only one scheduler gets it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from notices.config import load_config
from pipeline.sql.database import open_database
from pipeline.sql.runs import finish_tick, last_tick, reclaim_tick, take_tick
from scheduler import EPOCH, ZONE, newest_due

DAILY = CronTrigger.from_crontab("30 8 * * *", timezone=ZONE)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    engine = open_database(load_config({"NOTICES_HOME": str(tmp_path)}))
    yield engine
    engine.dispose()


def test_tick_is_due_once_its_moment_came() -> None:
    assert newest_due(DAILY, local(22, 8, 30), local(23, 8, 29)) is None
    assert newest_due(DAILY, local(22, 8, 30), local(23, 8, 30)) == local(23, 8, 30)


def test_several_missed_ticks_make_one_late_run() -> None:
    assert newest_due(DAILY, local(18, 8, 30), local(23, 20)) == local(23, 8, 30)


def test_tick_done_is_not_due_again() -> None:
    assert newest_due(DAILY, local(23, 8, 30), local(23, 20)) is None


def test_new_source_is_due_at_once() -> None:
    monthly = CronTrigger.from_crontab("0 0 1 * *", timezone=ZONE)
    assert newest_due(DAILY, None, local(23, 7)) == local(22, 8, 30)
    assert newest_due(monthly, None, local(23, 7)) == local(23, 0)


def test_two_schedulers_see_the_same_moments() -> None:
    every = IntervalTrigger(minutes=5, start_date=EPOCH, timezone=ZONE)
    assert newest_due(every, None, local(23, 7, 3)) == newest_due(every, None, local(23, 7, 4)) == local(23, 7, 0)


def test_clock_set_back_does_not_repeat_a_tick() -> None:
    assert newest_due(DAILY, local(23, 8, 30), local(22, 9)) is None


def test_tick_of_a_clock_that_was_far_ahead_does_not_count() -> None:
    assert newest_due(DAILY, local(23, 8, 30) + timedelta(days=365), local(23, 9)) == local(23, 8, 30)


def test_only_one_scheduler_takes_a_tick(database: Engine) -> None:
    due = local(23, 8, 30).astimezone(UTC)
    first = take_tick(database, "crawl:a", due)
    assert first is not None
    assert take_tick(database, "crawl:a", due) is None
    assert take_tick(database, "crawl:b", due) is not None
    assert take_tick(database, "crawl:a", due + timedelta(days=1)) is not None
    assert last_tick(database, "crawl:a") == due + timedelta(days=1)


def test_tick_of_a_dead_scheduler_is_done_again(database: Engine) -> None:
    due = local(23, 8, 30).astimezone(UTC)
    taken = take_tick(database, "crawl:a", due)
    assert reclaim_tick(database, "crawl:a") == taken
    finish_tick(database, taken or 0, "exit 0")
    assert reclaim_tick(database, "crawl:a") is None
