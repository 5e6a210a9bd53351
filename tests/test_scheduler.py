"""The clock: that only one scheduler gets a tick, and what it does with a job."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from notices.config import Config, load_config
from notices.cron import CronLine
from notices.hours import ZONE
from operations.schedule.holds import pause, resume
from operations.schedule.jobs import Job
from pipeline.sql.database import open_database
from pipeline.sql.runs import finish_tick, last_tick, reclaim_tick, take_tick
from scheduler import Clock, RuleTrigger, run_if_due, run_once

DAILY = CronLine("30 8 * * *")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config({"NOTICES_HOME": str(tmp_path)})


@pytest.fixture
def database(config: Config) -> Iterator[Engine]:
    engine = open_database(config)
    yield engine
    engine.dispose()


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


def test_tick_that_a_clock_ahead_took_is_taken_again_and_does_not_silence(database: Engine) -> None:
    due, ahead = local(24, 8, 30), local(24, 9)
    taken = take_tick(database, "crawl:a", due, ahead)
    finish_tick(database, taken or 0, "exit 0")
    assert last_tick(database, "crawl:a", local(23, 9)) is None  # the clock was set back: what it took ahead does not count
    assert take_tick(database, "crawl:a", due, local(24, 8, 55)) is None  # taken within what clocks differ by
    assert take_tick(database, "crawl:a", due, local(23, 9)) == taken
    assert reclaim_tick(database, "crawl:a") == taken


def test_tick_that_a_clock_ahead_took_does_not_silence_its_own_day(config: Config, database: Engine) -> None:
    job = Job("crawl:a", DAILY, ("config",))
    at = local(24, 9)
    clock = Clock(config, database, now=lambda: at)
    asyncio.run(run_if_due(clock, job))  # taken while the clock was a day ahead
    for moment in (local(23, 9), local(24, 8, 40), local(24, 10)):
        at = moment
        asyncio.run(run_if_due(clock, job))
    assert len(list((config.home / "logs/jobs").glob("*-crawl-a.log"))) == 3  # ahead, on the 23rd, on the 24th
    assert last_tick(database, "crawl:a", local(24, 10)) == local(24, 8, 30)


def test_apscheduler_asks_for_moments_that_go_on() -> None:
    trigger = RuleTrigger(DAILY)
    first = trigger.get_next_fire_time(None, local(23, 7))
    assert first == local(23, 8, 30)
    assert trigger.get_next_fire_time(first, local(23, 8)) == local(24, 8, 30)


def outcomes(database: Engine) -> list[tuple[str, str]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text("select job, outcome from tick order by id"))]


@pytest.mark.parametrize(("verb", "code"), [(("config",), 0), (("crawl", "nowhere"), 2)])
def test_job_writes_its_own_log_and_its_code(config: Config, database: Engine, verb: tuple[str, ...], code: int) -> None:
    clock = Clock(config, database)
    asyncio.run(run_if_due(clock, Job("crawl:a", DAILY, verb)))
    assert (clock.codes, outcomes(database)) == ([code], [("crawl:a", f"exit {code}")])
    (file,) = (config.home / "logs/jobs").glob("*-crawl-a.log")
    assert ("nowhere" if code else "home") in file.read_text(encoding="utf-8")


def test_job_that_takes_too_long_is_ended(config: Config, database: Engine, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(config, database)
    with caplog.at_level(logging.ERROR, "scheduler"):
        asyncio.run(run_if_due(clock, Job("crawl:a", DAILY, ("schedule",), minutes=0.02)))
    assert outcomes(database) == [("crawl:a", "exit 3")]
    assert "the most that it may take" in caplog.text


def test_paused_job_waits_and_runs_after_resume(config: Config, database: Engine) -> None:
    clock, job = Clock(config, database), Job("crawl:a", DAILY, ("config",))
    pause(config, ["a"], None, datetime.now(UTC))
    asyncio.run(run_if_due(clock, job))
    assert (outcomes(database), clock.waiting) == ([], {"crawl:a": "paused"})
    assert resume(config, [], datetime.now(UTC)) == ["a"]
    asyncio.run(run_if_due(clock, job))
    assert (outcomes(database), clock.waiting) == ([("crawl:a", "exit 0")], {})


def test_job_whose_log_cannot_be_written_fails_alone(config: Config, database: Engine) -> None:
    shutil.rmtree(config.home / "logs", ignore_errors=True)
    (config.home / "logs").write_text("", encoding="utf-8")
    clock = Clock(config, database)
    asyncio.run(run_once(clock))
    assert max(clock.codes) == 2
    assert len(outcomes(database)) == len(clock.jobs())


def test_tick_is_not_taken_in_a_clock_s_own_future(config: Config, database: Engine) -> None:
    at = local(23, 9)
    clock = Clock(config, database, now=lambda: at)
    job = Job("crawl:a", DAILY, ("config",))
    asyncio.run(run_if_due(clock, job))
    clock.now = lambda: at - timedelta(days=1)
    asyncio.run(run_if_due(clock, job))
    assert len(outcomes(database)) == 2
    asyncio.run(run_if_due(clock, job))
    assert len(outcomes(database)) == 2


def test_jobs_are_the_same_while_no_file_changes(config: Config, database: Engine) -> None:
    clock = Clock(config, database)
    first = clock.jobs()
    assert clock.jobs() is first
    assert CronLine("20 3 * * *") == CronLine("20 3 * * *")  # a job that is read again is no other one
    (config.home / "channels.toml").touch()
    assert {job.name for job in clock.jobs()} - {job.name for job in first} == {"watch", "report"}
