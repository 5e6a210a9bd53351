"""Why a due job waits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notices.config import Config, load_config
from notices.cron import CronLine
from notices.errors import ConfigError
from operations.schedule.due import Every
from operations.schedule.holds import hold_on, pause, paused, resume
from operations.schedule.jobs import Job, drop_old_backups, read_schedule, words_of
from operations.schedule.upcoming import Moment, upcoming
from pipeline.sql.database import open_database
from pipeline.sql.runs import finish_tick, take_tick

CRAWL, INDEX = Job("crawl:a", CronLine("0 * * * *"), ("crawl", "a")), Job("index", Every(5), ("index",))
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config({"NOTICES_HOME": str(tmp_path)})


@pytest.fixture
def database(config: Config) -> Iterator[Engine]:
    engine = open_database(config)
    yield engine
    engine.dispose()


def ended(database: Engine, outcomes: list[str]) -> datetime:
    """Ticks that ended so, the last of them just now; when that was."""
    now = datetime.now(UTC)
    for n, outcome in enumerate(outcomes):
        tick = take_tick(database, "crawl:a", now - timedelta(minutes=len(outcomes) - n))
        assert tick is not None
        finish_tick(database, tick, outcome)
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("outcomes", "hours"),
    [
        (["exit 3"], 0),
        (["exit 0", "exit 3", "exit 3"], 1),
        (["exit 3", "exit 3", "exit 3"], 2),
        (["exit 3", "exit 6", "exit 3"], 1),
        (["exit 3"] * 30, 24),
        (["exit 3", "exit 3", "exit 0"], 0),
        (["exit 3", "exit 3", "stopped"], 0),
    ],
)
def test_source_that_fails_again_and_again_waits_longer(config: Config, database: Engine, outcomes: list[str], hours: int) -> None:
    now = ended(database, outcomes)
    held = hold_on(CRAWL, config, database, now)
    assert (round((held.until - now) / HOUR) if held and held.until else 0) == hours
    assert hold_on(INDEX, config, database, now) is None
    assert hold_on(CRAWL, config, database, now + timedelta(hours=25)) is None
    assert hold_on(CRAWL, config, database, now - timedelta(days=2)) is None  # the clock was set back: no wait of days


def test_pauses_end_and_are_ended(config: Config, database: Engine) -> None:
    pause(config, ["a"], NOON + HOUR, NOON)
    assert hold_on(CRAWL, config, database, NOON) == ("paused", NOON + HOUR)
    assert hold_on(CRAWL, config, database, NOON + HOUR) is None
    pause(config, [], None, NOON)
    assert hold_on(INDEX, config, database, NOON) == ("paused", None)
    assert sorted(resume(config, [], NOON)) == ["*", "a"]
    assert not paused(config, NOON)


def test_damaged_file_of_pauses_is_named(config: Config) -> None:
    config.state_paths().paused.write_text("[3]", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"paused\.json"):
        paused(config, NOON)


def test_no_crawl_begins_in_black_hours_and_the_index_goes_on(config: Config, database: Engine) -> None:
    black = config._replace(blackout="11:00-13:00")
    assert hold_on(CRAWL, black, database, NOON) == ("blackout hours", NOON + HOUR)
    assert hold_on(INDEX, black, database, NOON) is None


def test_what_lies_ahead_is_told_in_order(config: Config, database: Engine) -> None:
    pause(config, ["verify"], None, NOON)
    take_tick(database, "index", NOON, NOON)
    found = upcoming(config._replace(drain_minutes=30), database, NOON, HOUR)
    assert found == [Moment("index", NOON + HOUR / 2, ""), Moment("index", NOON + HOUR, ""), Moment("verify", None, "paused")]


def test_backups_have_their_own_names_and_only_the_oldest_of_these_go(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    config = config._replace(backup_folder=str(folder), backup_keep=2)
    job = next(job for job in read_schedule(config).jobs if job.name == "backup")
    names = [Path(words_of(job, config, NOON + n * HOUR)[-1]) for n in range(4)]
    for file in [*names, folder / "mine.tar", folder / "notices-old.tar"]:
        file.touch()
    assert drop_old_backups(config) == names[:2]
    assert sorted(file.name for file in folder.iterdir()) == sorted([*(f.name for f in names[2:]), "mine.tar", "notices-old.tar"])


def test_feeds_are_built_where_a_folder_is_named(config: Config, tmp_path: Path) -> None:
    assert "feeds" not in {job.name for job in read_schedule(config).jobs}
    folder = str(tmp_path / "feeds")
    for address, more in (("", ()), ("https://archiv.example/feeds/", ("--base", "https://archiv.example/feeds/"))):
        jobs = read_schedule(config._replace(feeds_folder=folder, feeds_address=address)).jobs
        assert [job.verb for job in jobs if job.name == "feeds"] == [("feeds", "build", folder, *more)]
