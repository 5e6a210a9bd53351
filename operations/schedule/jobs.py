"""The jobs of an archive: a crawl for every enabled source, the index, and what its configuration asks for at night."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.source import Source, survey_sources
from notices.archive_id import FOLLOWED, read_followed
from notices.config import Config
from notices.cron import CronLine
from operations.schedule.due import Every, Rule

_MARGIN = 30.0  # minutes a crawl may take beyond its own limit, which ends it first
_LONGEST = 12 * 60.0
_REPORT_MINUTES = 30  # between two looks at the health of all sources; the daily report is due at 08:30
_NAME = "notices-{:%Y%m%dT%H%M%SZ}.tar"
_NAMES = "notices-????????T??????Z.tar"


@dataclass(frozen=True, slots=True)
class Job:
    """Work with a schedule: its name in SQL, its rule, the words after `notices` that do it, and how many minutes it may take."""

    name: str
    rule: Rule
    verb: tuple[str, ...]
    minutes: float = _LONGEST

    @property
    def source(self) -> str | None:
        """The name of the source that it crawls."""
        kind, _, name = self.name.partition(":")
        return name if kind == "crawl" else None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The jobs, and a sentence for each source file that is not valid."""

    jobs: tuple[Job, ...]
    problems: tuple[str, ...]


def state_of_files(config: Config) -> tuple[tuple[str, int, int], ...]:
    """What the schedule is read from, as names, times and sizes: while it stays the same, the jobs do."""
    found = []
    for file in sorted([*config.sources_dir.glob("*.toml"), config.home / "channels.toml", config.state_paths().following / FOLLOWED]):
        with suppress(OSError):  # gone, or not there yet
            state = file.stat()
            found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)


def read_schedule(config: Config) -> Schedule:
    """The jobs as sources and configuration are now. A source file that is not valid costs only that source."""
    survey = survey_sources(config.sources_dir)
    if read_followed(config.state_paths().following) is None:
        crawls = [_crawl(source, config) for source, _ in survey.found.values() if source.enabled]
    else:  # it takes in nothing but what the other archive has
        crawls = [Job("follow", Every(config.follow_minutes), ("follow", "--no-progress"))] if config.follow_minutes else []
    jobs = [*crawls, Job("index", Every(config.drain_minutes), ("index",))]
    if (config.home / "channels.toml").exists():  # there are channels for messages of saved searches
        jobs.append(Job("watch", Every(config.drain_minutes), ("watch", "run", "--silent")))
        jobs.append(Job("report", Every(_REPORT_MINUTES), ("watch", "report")))
    if config.verify_schedule:
        jobs.append(Job("verify", CronLine(config.verify_schedule), ("verify", "--no-progress")))
    if config.warc_store and config.upload_schedule:
        jobs.append(Job("upload", CronLine(config.upload_schedule), ("warc", "upload", "--no-progress")))
    if config.backup_folder:
        jobs.append(Job("backup", CronLine(config.backup_schedule), ("backup", "--no-progress")))
    if config.feeds_folder:
        base = ("--base", config.feeds_address) if config.feeds_address else ()
        jobs.append(Job("feeds", Every(config.drain_minutes), ("feeds", "build", config.feeds_folder, *base)))
    return Schedule(tuple(jobs), survey.problems)


def _crawl(source: Source, config: Config) -> Job:
    words = ("crawl", "--no-progress", source.name)
    return Job(f"crawl:{source.name}", CronLine(source.schedule), words, config.max_minutes_per_run + _MARGIN)


def words_of(job: Job, config: Config, now: datetime) -> tuple[str, ...]:
    """The words of a job as it begins: a backup has a new name each time."""
    if job.name != "backup":
        return job.verb
    return *job.verb, str(Path(config.backup_folder) / _NAME.format(now.astimezone(UTC)))


def drop_old_backups(config: Config) -> list[Path]:
    """Delete the oldest scheduled backups beyond `backup_keep`, by their names; files with other names are not ours."""
    made = sorted(Path(config.backup_folder).glob(_NAMES))
    old = made[: -config.backup_keep]
    for file in old:
        file.unlink(missing_ok=True)
    return old
