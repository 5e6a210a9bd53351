"""What `status` reports: the archive's totals, its index, its log, and the health of every source."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from crawler.source import Source, survey_sources
from index.engines import is_built, outgrown, text_megabytes
from notices.config import Config
from notices.config_values import without_password
from notices.version import PARSER
from operations.indexing import index_problem, index_state
from operations.read.json_values import json_value
from pipeline.observe import health
from pipeline.observe.health_facts import facts
from pipeline.observe.yields import ColumnRecord
from pipeline.sql import outbox, tables
from pipeline.sql.base import table_of
from pipeline.sql.runs import is_running
from pipeline.sql.watch_tables import DeliveryRow

_MOST_MISSED = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of the archive."""

    source: int
    notice: int
    revision: int
    attachment: int
    snapshot: int


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The index: notices that wait for it, documents in it (None and the reason when it cannot be opened), and why it is too small an engine.

    `problem`: that it lacks notices, has too many or is of an earlier version, with the command that repairs it.
    """

    url: str
    waiting: int
    documents: int | None
    error: str | None
    outgrown: str | None
    problem: str | None = None
    waiting_since: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """The fields; `error` only where there is one."""
        error = {"error": self.error} if self.error is not None else {}
        return {
            "url": self.url,
            "waiting": self.waiting,
            "waiting_since": in_utc(self.waiting_since) if self.waiting_since else None,
            "documents": self.documents,
            **error,
            "outgrown": self.outgrown,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class LogStatus:
    """The newest signed checkpoint."""

    signed_at: datetime
    snapshots: int

    def as_json(self) -> dict[str, object]:
        """The time in UTC to the second."""
        return {"signed_at": in_utc(self.signed_at), "snapshots": self.snapshots}


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's health, from the age of its data. `outcome` is that of the newest run, "never" before the first; `columns`: the last finished one's.

    `filled`: of the newest notices, the share whose page gave title, date, issuer and text.
    """

    name: str
    site: str
    enabled: bool
    notices: int
    newest_date: date | None
    last_run: datetime | None
    outcome: str
    reason: str
    state: health.State
    reasons: tuple[str, ...]
    last_new: datetime | None
    usual_days: float | None
    allowed_days: float | None
    columns: tuple[ColumnRecord, ...] = ()
    last_success: datetime | None = None
    filled: Mapping[str, float] = field(default_factory=dict)

    @property
    def failing(self) -> bool:
        """Whether somebody must look at the source."""
        return self.state == "failing" or self.outcome in ("failed", "crashed")

    def as_json(self) -> dict[str, object]:
        """The fields, times in UTC to the second."""
        values = {name: json_value(getattr(self, name)) for name in self.__dataclass_fields__ if name != "columns"}
        values["columns"] = [
            {name: value for name, value in msgspec.to_builtins(column).items() if name != "lists"} for column in self.columns
        ]
        moments = {"last_run": self.last_run, "last_new": self.last_new, "last_success": self.last_success}
        return {**values, **{name: in_utc(moment) if moment else None for name, moment in moments.items()}}


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes that are free on the device of the archive, and bytes of its WARC series."""

    free: int
    warc: int


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """The archive at a moment. `log` is None before the first checkpoint; `behind` counts revisions that an earlier parser read.

    `unsent` are messages of saved searches that wait, `dead_letters` those that were given up.
    """

    home: str
    counts: Counts
    index: IndexStatus
    log: LogStatus | None
    behind: int
    sources: tuple[SourceStatus, ...]
    unsent: int = 0
    dead_letters: int = 0
    disk: Disk | None = None


def archive_status(database: Engine, config: Config, now: datetime, names: Collection[str] | None = None) -> ArchiveStatus:
    """The state of the archive and of each source that it knows or that is enabled; of these alone, if names are given."""
    counted = (tables.SourceRow, tables.NoticeRow, tables.RevisionRow, tables.AttachmentRow, tables.SnapshotRow)
    with Session(database) as session, session.begin():
        counts = Counts(*(session.scalar(select(func.count()).select_from(table_of(row))) or 0 for row in counted))
        revision, state, signed = table_of(tables.RevisionRow), table_of(DeliveryRow).c.state, table_of(tables.CheckpointRow)
        behind = session.scalar(select(func.count()).select_from(revision).where(revision.c.parser_version != PARSER)) or 0
        messages = {name: count for name, count in session.execute(select(state, func.count()).where(state != "sent").group_by(state))}
        newest = session.execute(select(signed.c.made_at, signed.c.size).order_by(signed.c.id.desc()).limit(1)).first()
        log = LogStatus(*newest) if newest else None
    return ArchiveStatus(
        home=str(config.home),
        counts=counts,
        index=_index(database, config, counts.notice),
        log=log,
        behind=behind,
        sources=source_statuses(database, config, now, names),
        unsent=sum(messages.values()) - messages.get("dead", 0),
        dead_letters=messages.get("dead", 0),
        disk=_disk(config),
    )


def _disk(config: Config) -> Disk | None:
    """None where there is no folder yet."""
    try:
        return Disk(
            shutil.disk_usage(config.home).free, sum(entry.stat().st_size for entry in os.scandir(config.warc_dir) if entry.is_file())
        )
    except OSError:
        return None


def source_statuses(database: Engine, config: Config, now: datetime, names: Collection[str] | None = None) -> tuple[SourceStatus, ...]:
    """Each source that the archive knows or that is enabled, with its health; those alone that are named, if names are given."""
    return tuple(_sources(database, config, now, names)) if names is None or names else ()


def names_of_sources(database: Engine, config: Config, after: str = "", limit: int | None = None) -> list[str]:
    """The names of these sources in order, those after a name; all, or so many."""
    with Session(database) as session, session.begin():
        known = set(session.scalars(select(tables.SourceRow.name)))
    known |= {name for name, (source, _path) in survey_sources(config.sources_dir).found.items() if source.enabled}
    return sorted(name for name in known if name > after)[:limit]


def _index(database: Engine, config: Config, notices: int) -> IndexStatus:
    state, waiting = index_state(config), outbox.pending_count(database)
    problem = index_problem(config, state, notices=outbox.shown_count(database), waiting=waiting)
    faster = _outgrown(config, state.documents)
    error = state.error if notices or state.away or is_built(config.index) else None  # before the first notice there is no index
    since = outbox.waiting_since(database)
    return IndexStatus(without_password(config.index), waiting, state.documents, error, faster, str(problem) if problem else None, since)


def _outgrown(config: Config, documents: int | None) -> str | None:
    """Why the index should move to a faster engine; None while it need not."""
    if not config.index.startswith("whoosh:") or not documents:
        return None
    return outgrown(documents, text_megabytes(config.index))


def _sources(database: Engine, config: Config, now: datetime, names: Collection[str] | None) -> Iterator[SourceStatus]:
    """Every source that the archive knows, then the enabled ones that were never crawled."""
    table = table_of(tables.SourceRow)
    query = select(table).order_by(table.c.name)
    if names is not None:
        query = query.where(table.c.name.in_(names))
    known = {name: source for name, (source, _path) in survey_sources(config.sources_dir).found.items()}
    with Session(database) as session, session.begin():
        for row in session.execute(query):
            yield _source((row.name, row.site), known.pop(row.name, None), facts(session, row), config, now)
    for name, source in sorted(known.items()):
        if source.enabled and (names is None or name in names):
            yield _source((name, source.site), source, health.Facts(), config, now)


def _source(name_site: tuple[str, str], source: Source | None, found: health.Facts, config: Config, now: datetime) -> SourceStatus:
    name, site = name_site
    verdict = health.judge(found, _expected(name, source, found, config, now), now)
    last = found.runs[0] if found.runs else None
    return SourceStatus(
        name=name,
        site=site,
        enabled=bool(source and source.enabled),
        notices=found.notices,
        newest_date=verdict.newest,
        last_run=last.started_at if last else None,
        outcome=last.outcome if last else "never",
        reason=last.reason if last else "",
        state=verdict.state,
        reasons=tuple(verdict.reasons),
        last_new=found.newest_seen_at,
        usual_days=verdict.rhythm.usual,
        allowed_days=verdict.rhythm.allowed,
        columns=found.yields,
        last_success=found.last_success,
        filled=found.filled_shares,
    )


def _expected(name: str, source: Source | None, found: health.Facts, config: Config, now: datetime) -> health.Expected:
    if source is None:
        return health.Expected(known=False)
    finished = next((r.finished_at for r in found.runs if r.finished_at), None)
    since = finished or (found.runs[-1].started_at if found.runs else None)
    return health.Expected(
        enabled=source.enabled,
        min_entries=source.expect.min_entries,
        every_days=source.expect.every_days,
        max_age_days=source.expect.max_age_days,
        missed_runs=_missed(source.schedule, since, now) if since else 0,
        alive=bool(found.runs) and found.runs[0].outcome == "running" and is_running(config.locks_dir, name),
    )


def _missed(schedule: str, since: datetime, now: datetime) -> int:
    """How many runs were due since then; counting ends at a thousand."""
    from notices.cron import CronLine  # start-up time: an archive that is never crawled needs no clock

    line, missed = CronLine(schedule), 0
    due = line.next_after(since)
    while due <= now and missed < _MOST_MISSED:
        missed += 1
        due = line.next_after(due)
    return missed


def in_utc(moment: datetime) -> str:
    """A time as reports write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
