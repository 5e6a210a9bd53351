"""The jobs that the clock has, by what the archive is."""

from __future__ import annotations

from pathlib import Path

from notices.archive_id import FOLLOWED, Followed
from notices.config import load_config
from operations.schedule.due import Every
from operations.schedule.jobs import read_schedule, state_of_files
from tests.support.quick_home import QuickHome


def test_an_archive_that_follows_crawls_nothing_and_follows(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    home.source("http://127.0.0.1:9")
    config = load_config({"NOTICES_HOME": str(tmp_path)})
    assert [job.name for job in read_schedule(config).jobs] == ["crawl:linshan", "index", "verify"]
    before = state_of_files(config)
    (tmp_path / "following").mkdir()
    (tmp_path / "following" / FOLLOWED).write_bytes(Followed("https://archive.example.org", "a", "k").as_bytes())
    assert state_of_files(config) != before
    jobs = read_schedule(config._replace(follow_minutes=15)).jobs
    assert [job.name for job in jobs] == ["follow", "index", "verify"]
    assert (jobs[0].rule, jobs[0].verb) == (Every(15), ("follow", "--no-progress"))
    assert [job.name for job in read_schedule(config._replace(follow_minutes=0)).jobs] == ["index", "verify"]
