"""Whether a source may have published what the archive lacks: entries of lists, gaps of days and of document numbers. A lead, not a proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.observe.rhythm import rhythm, silence
from pipeline.observe.yields import ColumnRecord, columns_of
from pipeline.sql import tables
from pipeline.sql.database import for_reading

GAP_TIMES = 2.0  # of the silence that is no reason to worry: a gap of the past is told when health would have called it failing
SERIES_LEAST, SERIES_SHARE = 5, 0.5  # numbers of an issuer and a year: of a series that is mostly not published, gaps tell nothing
_MOST_GAPS, _MOST_MISSING = 10, 50


@dataclass(frozen=True, slots=True)
class DateGap:
    """Days without a notice between two days with one, long public holidays left out of `days`."""

    after: date
    before: date
    days: int


@dataclass(frozen=True, slots=True)
class NumberGap:
    """Numbers that a series (the issuer's code and a year) lacks below its highest: `missing` are the first of them."""

    series: str
    archived: int
    highest: int
    missing_count: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a source's lists named and the archive has. `not_archived` counts entries by state; `columns` are those of the last finished run."""

    source: str
    listed: int
    archived: int
    not_archived: Mapping[str, int]
    columns: tuple[ColumnRecord, ...]
    date_gaps: tuple[DateGap, ...]
    number_gaps: tuple[NumberGap, ...]

    def as_json(self) -> dict[str, object]:
        """The fields; days in ISO form, columns without their single lists."""
        values: dict[str, object] = msgspec.to_builtins(self)
        columns = [{name: value for name, value in msgspec.to_builtins(each).items() if name != "lists"} for each in self.columns]
        return {**values, "columns": columns}

    @property
    def unread_columns(self) -> int:
        """Columns of which the site names more list pages than the last run read."""
        return sum(bool(c.pages_named and c.pages_read < c.pages_named) for c in self.columns)

    @property
    def leads(self) -> int:
        """How many things are worth a look."""
        return sum(self.not_archived.values()) + len(self.date_gaps) + len(self.number_gaps) + self.unread_columns

    def counts(self) -> dict[str, object]:
        """The numbers alone, as `status --json` has them; `leads` are their sum without `listed` and `archived`."""
        return {
            "listed": self.listed,
            "archived": self.archived,
            "not_archived": dict(self.not_archived),
            "unread_columns": self.unread_columns,
            "date_gaps": len(self.date_gaps),
            "number_gaps": len(self.number_gaps),
            "leads": self.leads,
        }


def completeness(database: Engine, names: Iterable[str] = ()) -> Iterator[Completeness]:
    """Each source, or the named ones, by name."""
    wanted = set(names)
    with Session(for_reading(database)) as session, session.begin():
        for row in session.scalars(select(tables.SourceRow).order_by(tables.SourceRow.name)):
            if not wanted or row.name in wanted:
                yield _of(session, row)


def _of(session: Session, source: tables.SourceRow) -> Completeness:
    listing, notice = tables.ListingRow, tables.NoticeRow
    counted = select(listing.state, func.count()).where(listing.source_id == source.id).group_by(listing.state)
    states = {state: count for state, count in session.execute(counted)}
    archived = session.scalar(select(func.count()).where(notice.source_id == source.id)) or 0
    run = tables.RunRow
    finished = select(run.counts).where(run.source_id == source.id, run.kind == "crawl", run.finished_at.is_not(None))
    counts = session.scalar(finished.order_by(run.id.desc()).limit(1)) or {}
    return Completeness(
        source.name,
        sum(states.values()),
        archived,
        {state: count for state, count in sorted(states.items()) if state != "stored"},
        columns_of(counts),
        _date_gaps(session, source.id),
        _number_gaps(session, source.id),
    )


def _date_gaps(session: Session, source_id: int) -> tuple[DateGap, ...]:
    """The longest silences of the past, each more than GAP_TIMES the one that its rhythm allows."""
    revision, notice = tables.RevisionRow, tables.NoticeRow
    newest = revision.n == notice.revisions, notice.source_id == source_id, revision.published_date.is_not(None)
    query = select(revision.published_date, func.count()).join(revision.notice).where(*newest).group_by(revision.published_date)
    days = {day: count for day, count in session.execute(query) if day is not None}
    usual = rhythm(days).usual if days else None
    if usual is None:
        return ()
    allowed = max(7.0, 3 * usual) * GAP_TIMES
    found = [DateGap(one, other, silence(one, other)) for one, other in pairwise(sorted(days))]
    return tuple(sorted((gap for gap in found if gap.days > allowed), key=lambda gap: (-gap.days, gap.after))[:_MOST_GAPS])


def _number_gaps(session: Session, source_id: int) -> tuple[NumberGap, ...]:
    revision, notice = tables.RevisionRow, tables.NoticeRow
    newest = revision.n == notice.revisions, notice.source_id == source_id, revision.number_key.is_not(None)
    series: dict[str, set[int]] = defaultdict(set)
    for key in session.scalars(select(revision.number_key).join(revision.notice).where(*newest)):
        code, _sign, number = str(key).rpartition("|")
        if code and number.isdecimal() and 0 < int(number) < 100_000:
            series[code].add(int(number))
    return tuple(_gaps(series))


def _gaps(series: Mapping[str, set[int]]) -> Iterator[NumberGap]:
    for code, numbers in sorted(series.items()):
        highest = max(numbers)
        if len(numbers) >= SERIES_LEAST and SERIES_SHARE * highest <= len(numbers) < highest:
            missing = [n for n in range(1, highest) if n not in numbers]
            yield NumberGap(code.replace("|", " "), len(numbers), highest, len(missing), tuple(missing[:_MOST_MISSING]))
