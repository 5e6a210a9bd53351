"""The archive's state as Prometheus reads it: sizes, ages and health, with no label but source, state and outcome.

Three thousand sources are some twenty thousand series; addresses and names of saved searches would be without bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.hours import ZONE
from notices.version import PROGRAM
from operations.status import ArchiveStatus, archive_status
from pipeline.sql import tables

STATES = ("ok", "new", "paused", "degraded", "failing")


class _Archive(Collector):
    """The families of one moment."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def metrics_text(database: Engine, config: Config, now: datetime) -> bytes:
    """The metrics in Prometheus's text format 0.0.4, UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Archive([*_archive(archive_status(database, config, now), now), *_runs(database)]))
    return generate_latest(registry)


def _archive(found: ArchiveStatus, now: datetime) -> Iterator[Metric]:
    info = GaugeMetricFamily("notices_info", "Version of the program; always 1.", labels=["version"])
    info.add_metric([PROGRAM], 1)
    yield info
    yield _one("notices_collected_timestamp_seconds", "When these values were read.", now.timestamp())
    yield _one("notices_archived_notices", "Notices in the archive.", found.counts.notice)
    yield _one("notices_archived_revisions", "Revisions in the archive.", found.counts.revision)
    yield _one("notices_archived_snapshots", "Answers of sites that are kept byte for byte.", found.counts.snapshot)
    yield _one("notices_outdated_revisions", "Revisions that an earlier parser read.", found.behind)
    yield _one("notices_index_waiting", "Notices that wait for the index.", found.index.waiting)
    if found.index.documents is not None:
        yield _one("notices_index_documents", "Documents in the index.", found.index.documents)
    yield _one("notices_index_problem", "1 when the index must be repaired.", float(bool(found.index.problem or found.index.error)))
    if found.log is not None:
        yield _one("notices_log_signed_timestamp_seconds", "When the log of snapshots was signed last.", found.log.signed_at.timestamp())
    if found.index.waiting_since is not None:
        yield _one(
            "notices_index_waiting_since_timestamp_seconds",
            "Since when a notice waits for the index.",
            found.index.waiting_since.timestamp(),
        )
    yield _one("notices_messages_waiting", "Messages that were not sent yet.", found.unsent)
    yield _one("notices_messages_dead", "Messages that were given up.", found.dead_letters)
    if found.disk is not None:
        yield _one("notices_warc_bytes", "Bytes of the WARC series.", found.disk.warc)
        yield _one("notices_free_bytes", "Free bytes on the device of the archive.", found.disk.free)
    yield from _sources(found)


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _sources(found: ArchiveStatus) -> Iterator[Metric]:
    state = GaugeMetricFamily("notices_source_state", "1 for the state of the source.", labels=["source", "state"])
    kept = GaugeMetricFamily("notices_source_notices", "Notices of the source.", labels=["source"])
    newest = GaugeMetricFamily("notices_source_newest_timestamp_seconds", "Day of its newest notice.", labels=["source"])
    new = GaugeMetricFamily("notices_source_new_timestamp_seconds", "When a new notice came last.", labels=["source"])
    usual = GaugeMetricFamily("notices_source_allowed_silence_seconds", "How long the source may be silent.", labels=["source"])
    for source in found.sources:
        for name in STATES:
            state.add_metric([source.name, name], float(source.state == name))
        kept.add_metric([source.name], source.notices)
        if source.newest_date:
            day = source.newest_date
            newest.add_metric([source.name], datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())
        if source.last_new:
            new.add_metric([source.name], source.last_new.timestamp())
        if source.allowed_days is not None:
            usual.add_metric([source.name], source.allowed_days * 86400)
    yield from (state, kept, newest, new, usual)


def _runs(database: Engine) -> Iterator[Metric]:
    total = CounterMetricFamily("notices_runs", "Crawls that ended so.", labels=["source", "outcome"])
    last = GaugeMetricFamily("notices_last_success_timestamp_seconds", "When a crawl of the source ended well last.", labels=["source"])
    run = tables.RunRow
    query = (
        select(tables.SourceRow.name, run.outcome, func.count(), func.max(run.finished_at))
        .join(tables.SourceRow, run.source_id == tables.SourceRow.id)
        .where(run.kind == "crawl", run.finished_at.is_not(None))
        .group_by(tables.SourceRow.name, run.outcome)
    )
    with Session(database) as session:
        for source, outcome, count, ended in session.execute(query):
            total.add_metric([source, outcome], count)
            if outcome == "done" and ended is not None:
                last.add_metric([source], ended.astimezone(UTC).timestamp())
    yield from (total, last)
